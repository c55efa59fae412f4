"""`accessctl hub backup` and `hub restore`: all that a hub keeps, in one sealed file and back."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from, local_time
from accessctl.cli.front import Verb
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.hub.backup import HubContents


@dataclass(frozen=True, kw_only=True)
class HubBackupOptions(ConfigOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]


@dataclass(frozen=True, kw_only=True)
class HubRestoreOptions(ConfigOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `hub backup` wrote.")]
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE2", help="The backup's key, where it is not in its place."),
    ] = None


def run_backup(args: HubBackupOptions) -> int:
    from accessctl.hub.backup import back_up_hub

    made = back_up_hub(config_from(args).hub, os.environ, args.file, time.time())
    print(f"Saved {_in_words(made.contents)} in {printable(str(args.file))}.")
    if made.key is not None:
        print(
            f"Its key was made just now: {printable(str(made.key))}. Keep a copy in another place: "
            "without it no backup can be restored."
        )
    return 0


def run_restore(args: HubRestoreOptions) -> int:
    """1 where what was restored is not whole, or an alarm had been raised."""
    from accessctl.hub.assembly import open_hub
    from accessctl.hub.backup import restore_hub
    from accessctl.hub.verify import verify_site

    config = config_from(args).hub
    found = restore_hub(config, os.environ, args.file, time.time(), key_file=args.key)
    made = local_time(found.made)
    print(f"Restored {_in_words(found)} of {made:%Y-%m-%d %H:%M %Z}.")
    with open_hub(config, os.environ) as hub:
        is_sound = verify_site(hub.database).is_sound
    if is_sound:
        print("All chains are whole.")
    else:
        print("Not all is as the doors wrote it, or alarms were raised: accessctl hub verify")
    print(
        "Doors that were revoked since then count again: revoke them before you start the hub. "
        "People who were removed since then are enrolled again until a door that had heard of it "
        "speaks to the hub: remove those whom you know of as well."
    )
    return 0 if is_sound else 1


def _in_words(contents: "HubContents") -> str:
    doors, records = contents.rows.get("door", 0), contents.rows.get("event", 0)
    return f"{records} records of {doors} doors, {contents.all_rows} rows in all, and the keys"


BACKUP = Verb(
    run_backup,
    HubBackupOptions,
    "Saves the hub's keys and all of its database, PostgreSQL or embedded, in one sealed file, "
    "while it runs. The key of that file is not in it: keep it elsewhere.",
    ("accessctl hub backup /mnt/backup/hub-monday.backup",),
)
RESTORE = Verb(
    run_restore,
    HubRestoreOptions,
    "Puts a backup into an empty database and the hub's folder. No hub may run there. The "
    "database may be of the other kind: so a hub moves between PostgreSQL and the embedded one.",
    (
        "accessctl hub restore /mnt/backup/hub-monday.backup",
        "accessctl hub restore hub.backup --key backup.key",
    ),
)
