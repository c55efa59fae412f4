"""`accessctl backup` and `restore`: all that a door keeps, in one file and back."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.administration.backup import BackedUp, back_up
from accessctl.administration.restore import Restored, restore
from accessctl.cli.common import ConfigOption, config_from, config_path, local_time
from accessctl.cli.front import Verb
from accessctl.control.server import listening
from accessctl.door.duty import nobody_acts
from accessctl.storage.parsing import printable


@dataclass(frozen=True, kw_only=True)
class BackupOptions(ConfigOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]
    with_keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE2", help="Save the keys, too, in this new file; never in FILE."),
    ] = None
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Take the encrypted pictures of decisions along.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class RestoreOptions(ConfigOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")]
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE2", help="The saved keys, where the door's own are gone."),
    ] = None
    revive: Annotated[
        bool, typer.Option("--revive", help="Leave people and badges that were removed since.")
    ] = False


def run(args: BackupOptions) -> int:
    """0, or 1 where the log that was saved speaks against itself."""
    made = back_up(
        config_from(args),
        os.environ,
        args.file,
        time.time(),
        config_path=config_path(args.config, os.environ),
        keys=args.with_keys,
        pictures=args.pictures,
    )
    print("\n".join(backup_in_words(made, args.file, args.with_keys)))
    return int(made.broken is not None)


def run_restore(args: RestoreOptions) -> int:
    """No door may run on the same socket, or act by the same log, meanwhile."""
    config = config_from(args)
    with listening(config.service.socket), nobody_acts(config):
        found = restore(
            config,
            os.environ,
            args.file,
            time.time(),
            config_path=config_path(args.config, os.environ),
            keys=args.keys,
            revive=args.revive,
        )
    print("\n".join(restore_in_words(found)))
    return 0


def backup_in_words(made: BackedUp, file: Path, keys: Path | None) -> list[str]:
    contents = _contents(made.people, made.records, made.pictures)
    lines = [f"Saved {contents} in {printable(str(file))}."]
    if keys is None:
        lines.append("The keys are not in it: without them it cannot be restored.")
    else:
        lines.append(f"The keys are in {printable(str(keys))}: keep that file in another place.")
    if made.broken is not None:
        lines.append(
            f"The event log is broken at record {made.broken.number} ({made.broken.problem}); it "
            "was saved as it is."
        )
    return lines


def restore_in_words(found: Restored) -> list[str]:
    made = local_time(found.made)
    contents = _contents(found.people, found.records, found.pictures)
    lines = [f"Restored {contents} of {made:%Y-%m-%d %H:%M %Z}."]
    if found.before is not None and found.before > found.last:
        lines.append(
            f"Records {found.last + 1} to {found.before} were written after the backup and are not "
            "in it; that is on record."
        )
    if found.removed_again:
        names = ", ".join(map(printable, found.removed_again))
        lines.append(f"Removed again, as they were after the backup: {names}.")
    if found.badges_again:
        lines.append(f"Badges taken away again, as they were after it: {found.badges_again}.")
    if found.weaker:
        lines.append(
            "The accepted configuration in place stays, for the backup's guards less: "
            f"{'; '.join(map(printable, found.weaker))}."
        )
    if found.aside:
        lines.append("What was there lies aside; delete it once you are content:")
        lines += [f"  {printable(str(path))}" for path in found.aside]
    return lines


def _contents(people: int, records: int, pictures: int) -> str:
    persons = "1 person" if people == 1 else f"{people} people"
    if pictures:
        return f"{persons}, {records} records and {pictures} pictures"
    return f"{persons} and {records} records"


BACKUP = Verb(
    run,
    BackupOptions,
    "Saves people, event log, lockouts and the accepted configuration whole in one file, while the "
    "door runs. The keys are "
    "not in it: keep them in a file of their own, in another place, or nothing can be restored.",
    (
        "accessctl backup /mnt/stick/door.backup --with-keys door.keys",
        "accessctl backup nightly.backup --pictures",
    ),
)
RESTORE = Verb(
    run_restore,
    RestoreOptions,
    "Checks a backup and puts it in the place of what is there, which is moved aside. The door "
    "must not run. The log goes on with a record of where the backup ended, and where the log was "
    "known to end before.",
    ("accessctl restore /mnt/stick/door.backup", "accessctl restore door.backup --keys door.keys"),
)
