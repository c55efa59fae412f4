"""All that a door keeps, saved into one file while it goes on: gallery, event log, lockouts, and
the accepted configuration.

The gallery's photos and templates stay sealed in it, the pictures of decisions too. The keys are
not in it: they can be saved into a file of their own, to be kept elsewhere.
"""

import base64
import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from accessctl.administration.acceptance import accepted_path
from accessctl.audit.append import End, HeadFile, last_end
from accessctl.audit.log import EventLog
from accessctl.audit.opening import find_key as find_audit_key
from accessctl.audit.opening import key_path, open_log, snapshot_folder
from accessctl.audit.snapshots import pictures_in
from accessctl.audit.verify import RecordFinding
from accessctl.config import Config
from accessctl.domain import Event, EventKind
from accessctl.errors import InputError, StoreError
from accessctl.gallery.schema import database_file
from accessctl.gallery.sealing import find_key as find_gallery_key
from accessctl.gallery.store import open_gallery
from accessctl.storage.backup_file import working_folder, write_backup
from accessctl.storage.files import KEY_BYTES, new_private_file
from accessctl.storage.parsing import read_bounded
from accessctl.storage.sqlite import FaultWords, copy_database, reported

# Names of the members, and the folder of pictures among them.
GALLERY, LOG, HEAD, LOCKOUTS = "gallery.sqlite", "events.sqlite", "events.head", "lockout.sqlite"
ACCEPTED = "config.accepted"
PICTURES = "snapshots/"
BACKED_UP = "audit_backed_up"

KEYS_FORMAT = "accessctl keys 1"
MAX_KEYS_BYTES = 4096
BUSY_TIMEOUT_S = 10.0
WORDS = FaultWords.all_alike(
    "{path} could not be copied ({what}); check its disk, and whether there is room for the backup."
)
# A door in which somebody is enrolled at every moment has other troubles.
TURNS = 5


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds; `broken` is the record at which its log speaks against itself."""

    people: int
    records: int
    pictures: int
    last: int
    broken: RecordFinding | None


@dataclass(frozen=True, slots=True)
class DoorKeys:
    """The keys of 32 bytes; None for one that there is not."""

    gallery: bytes | None
    audit: bytes | None


@dataclass(frozen=True, slots=True)
class _Copies:
    """Copies of one moment, with the end of the log."""

    files: Mapping[str, Path]
    people: int
    end: End


def back_up(
    config: Config,
    environment: Mapping[str, str],
    path: Path,
    now: float,
    *,
    config_path: Path,
    keys: Path | None = None,
    pictures: bool = False,
) -> BackedUp:
    """Write a new backup to `path` and then, where `keys` is named, the keys to that file (0600).

    The door may run; `config_path` is its configuration's file, by which the accepted one lies.
    That a backup was made is on record, and in it. `now` is epoch time;
    `pictures` takes the encrypted pictures of decisions along. InputError for a file that is there,
    FaultError for what cannot be read or written; then neither file is left. A file under either
    name is whole: a kill leaves none, or hidden ones (see `new_private_file`, `working_folder`).
    """
    if keys is not None and keys.absolute() == path.absolute():
        raise InputError("Keep the keys apart from the backup: name another file for them.")
    for file in filter(None, (path, keys)):
        # Before it is on record that there is a backup.
        if os.path.lexists(file):
            raise InputError(f"{file} is there already, and is never overwritten; name a new file.")
    with open_log(config.audit, environment) as log, working_folder(path) as folder:
        log.append(Event(now, EventKind.SERVICE, {"state": BACKED_UP}))
        known = DoorKeys(
            find_gallery_key(config.gallery.folder, environment),
            find_audit_key(key_path(config.audit), environment),
        )
        if known.audit is None:
            raise StoreError("The audit key is gone, so nothing can be sealed; restore it.")
        accepted = accepted_path(config_path)
        copies = _copies(config, environment, folder, accepted, known.audit)
        with EventLog(copies.files[LOG], head=HeadFile(copies.files[HEAD], known.audit)) as copy:
            report = copy.verify()
        shown = _pictures(config) if pictures else {}
        facts = {
            "made": now,
            "door": config.access.door,
            "last": copies.end.number,
            "hash": copies.end.hash.hex(),
            "broken": None if report.broken is None else report.broken.number,
        }
        write_backup(path, {**copies.files, **shown}, facts, known.audit, may_go=shown)
        try:
            if keys is not None:
                write_keys(keys, known)
        except BaseException:
            path.unlink()
            raise
    return BackedUp(copies.people, report.records, len(shown), copies.end.number, report.broken)


def _copies(
    config: Config,
    environment: Mapping[str, str],
    folder: Path,
    accepted: Path,
    audit_key: bytes,
) -> _Copies:
    """The gallery, then the log, which tells of each change before it is made; again where
    somebody changed the gallery, or accepted another configuration, in between."""
    has_gallery = database_file(config.gallery.folder).exists()
    for turn in range(TURNS):
        into = folder / str(turn)
        into.mkdir(mode=0o700)
        files = {LOG: into / LOG}
        people = 0
        accepted_before = _content(accepted)
        if has_gallery:
            with open_gallery(config.gallery, environment) as gallery:
                files[GALLERY] = into / GALLERY
                before = gallery.revision()
                _copy(database_file(config.gallery.folder), files[GALLERY])
                people = len(gallery.people())
                _copy_log(config, files)
                if gallery.revision() != before:
                    continue
        else:
            _copy_log(config, files)
        if _content(accepted) != accepted_before:
            continue
        if accepted_before is not None:
            files[ACCEPTED] = into / ACCEPTED
            files[ACCEPTED].write_bytes(accepted_before)
        files[HEAD] = into / HEAD
        with closing(sqlite3.connect(files[LOG])) as db:
            end = last_end(db)
        HeadFile(files[HEAD], audit_key).write(end)
        return _Copies(files, people, end)
    raise StoreError("People are being enrolled or changed all the time; back up a little later.")


def _content(accepted: Path) -> bytes | None:
    """The accepted configuration as it lies there, sealed; None where none was kept yet."""
    with reported(accepted, WORDS):
        try:
            return read_bounded(accepted)
        except FileNotFoundError:
            return None


def _copy_log(config: Config, files: dict[str, Path]) -> None:
    _copy(config.audit.file, files[LOG])
    if config.lockout_file.exists():
        files[LOCKOUTS] = files[LOG].with_name(LOCKOUTS)
        _copy(config.lockout_file, files[LOCKOUTS])


def _copy(source: Path, target: Path) -> None:
    with reported(source, WORDS):
        copy_database(source, target, BUSY_TIMEOUT_S)


def _pictures(config: Config) -> dict[str, Path]:
    return {PICTURES + file.name: file for file in pictures_in(snapshot_folder(config.audit))}


def write_keys(path: Path, keys: DoorKeys) -> None:
    """A new file (0600) with the keys; raises as `new_private_file` does."""
    content = {
        "format": KEYS_FORMAT,
        **{name: _text(getattr(keys, name)) for name in ("gallery", "audit")},
    }
    with new_private_file(path) as file:
        file.write(json.dumps(content, indent=1).encode() + b"\n")


def read_keys(path: Path) -> DoorKeys:
    """What `write_keys` wrote; InputError."""
    try:
        with path.open("rb") as file:
            raw = json.loads(file.read(MAX_KEYS_BYTES))
        if raw["format"] != KEYS_FORMAT:
            raise ValueError("another format")
        return DoorKeys(_key(raw["gallery"]), _key(raw["audit"]))
    except OSError as error:
        raise InputError(f"The keys in {path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} does not hold the keys of a door; name another file.") from error


def _text(key: bytes | None) -> str | None:
    return None if key is None else base64.b64encode(key).decode("ascii")


def _key(text: str | None) -> bytes | None:
    if text is None:
        return None
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("another length")
    return key
