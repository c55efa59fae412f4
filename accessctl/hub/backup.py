"""All that a hub keeps, keys and data, in one sealed file, and back into either database.

The file is one of `storage.backup_file`, with two members: the keys and all rows of the tables.
Both are sealed with AES-256-GCM by a key of their own, which is not in the file. The rows are the
same for PostgreSQL and for the embedded database, so a backup is also how a hub moves between them.
"""

import gzip
import hashlib
import hmac
import io
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from accessctl.config import HubConfig
from accessctl.errors import FaultError, InputError, StoreError
from accessctl.hub.authority import AUTHORITY_FILE, HUB_FILE, RECEIPTS, RECEIPTS_FILE
from accessctl.hub.database import (
    FILE_NAME,
    HubDatabase,
    begin_migration,
    open_database,
    reached_database,
)
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.migrate import migrate, revision_of
from accessctl.hub.sealed_stream import SealingStream, UnsealingStream
from accessctl.hub.site_keys import PLACES, SITE_FILE
from accessctl.hub.sole import sole_hub
from accessctl.hub.table_rows import read_rows, write_rows
from accessctl.storage.backup_file import OpenBackup, opened_backup, working_folder, write_backup
from accessctl.storage.files import KeyPlaces, make_private_folder, write_atomically
from accessctl.storage.parsing import read_bounded

KEY_FILE = "backup.key"
BACKUP_KEY = KeyPlaces(
    "the key of the hub's backups",
    "a key of backups",
    "ACCESSCTL_HUB_BACKUP_KEY_FILE",
    "accessctl-hub-backup",
    StoreError,
)
# Keys that may be a systemd credential, or a file that the environment names.
ELSEWHERE = ((RECEIPTS, RECEIPTS_FILE), (PLACES, SITE_FILE))
KEYS, ROWS = "keys", "rows"
KIND = "hub"
MAX_KEYS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HubContents:
    """What a backup holds: rows by table, key files by name, when it was made (epoch seconds)."""

    made: float
    rows: Mapping[str, int]
    keys: tuple[str, ...]

    @property
    def all_rows(self) -> int:
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class HubBackup:
    """`key` is where a key was made for it just now, None where there was one."""

    contents: HubContents
    key: Path | None


def back_up_hub(
    config: HubConfig,
    environment: Mapping[str, str],
    path: Path,
    now: float,
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> HubBackup:
    """Write a new backup of the hub as it is at one moment; it may run. That it was begun is on
    record, in it as well.

    InputError for a file that is there, FaultError for what cannot be read or written; then
    nothing is left at `path`. `now` is epoch time.
    """
    if os.path.lexists(path):
        raise InputError(f"{path} is there already, and is never overwritten; name a new file.")
    place = config.folder / KEY_FILE
    key = BACKUP_KEY.find(place, environment)
    made = None
    if key is None:
        key, _ = BACKUP_KEY.generate(place, random_bytes)
        made = place
    keys = _keys_of(config.folder, environment)
    database = open_database(config, environment)
    try:
        # Before it is begun: that somebody may still be in it has to be known of each one.
        with database.writing() as db:
            told = {"file": str(path.absolute())}
            write_journal(database, db, JournalKind.BACKED_UP, now, told)
        with working_folder(path) as folder:
            with _sealed(folder / KEYS, key, random_bytes) as file:
                listed = {name: b64encode(one).decode("ascii") for name, one in keys.items()}
                file.write(json.dumps(listed).encode("ascii"))
            with (
                database.reading() as db,
                _sealed(folder / ROWS, key, random_bytes) as file,
            ):
                revision = revision_of(db)
                rows = write_rows(db, file)
            facts = {"kind": KIND, "made": now, "revision": revision, "rows": rows}
            members = {name: folder / name for name in (KEYS, ROWS)}
            write_backup(path, members, facts, _list_key(key))
    finally:
        database.close()
    return HubBackup(HubContents(now, rows, tuple(keys)), made)


def restore_hub(
    config: HubConfig,
    environment: Mapping[str, str],
    path: Path,
    now: float,
    *,
    key_file: Path | None = None,
) -> HubContents:
    """Put what a backup holds into the folder and the database that `config` names.

    No hub may run there. The database must be empty; the folder must be empty, or hold this hub's
    keys already: so a hub moves to another database. `key_file` names the backup's key where it is
    not in its place. InputError for what does not fit, FaultError for a fault; then the database
    is as it was. `now` is epoch time.
    """
    key = _restoring_key(config.folder, environment, key_file)
    with opened_backup(path, _list_key(key), sealed_by="key of a hub's backups") as backup:
        facts = backup.listed.facts
        if facts.get("kind") != KIND or set(backup.listed.members) != {KEYS, ROWS}:
            raise InputError(f"{path} is no backup of a hub; name another file.")
        _make_folder(config.folder)
        database = reached_database(config, environment)
        try:
            with (
                sole_hub(config.folder, database),
                working_folder(config.folder / KEYS) as folder,
            ):
                _refuse_filled(database)
                keys = _unsealed_keys(backup, folder, key)
                _put_keys(config.folder, keys)
                rows = _put_rows(database, backup, folder, key, now)
        finally:
            database.close()
    if rows != facts["rows"]:
        raise StoreError(f"{path} does not hold the rows that it lists; restore another one.")
    return HubContents(float(facts["made"]), rows, tuple(keys))


def _restoring_key(folder: Path, environment: Mapping[str, str], key_file: Path | None) -> bytes:
    named = {} if key_file is None else {BACKUP_KEY.variable: str(key_file)}
    key = BACKUP_KEY.find(folder / KEY_FILE, {**environment, **named})
    if key is None:
        raise InputError(
            "The key of the hub's backups is not here; name the file in which you kept it: --key"
        )
    return key


def _keys_of(folder: Path, environment: Mapping[str, str]) -> dict[str, bytes]:
    """Every key file in the hub's folder, and those that are kept elsewhere; StoreError."""
    try:
        found = {
            file.name: read_bounded(file)
            for file in sorted(folder.iterdir())
            if file.is_file() and not file.name.startswith((".", FILE_NAME, KEY_FILE))
        }
    except OSError as error:
        raise StoreError(
            f"The hub's keys in {folder} cannot be read ({error.strerror}); check who owns it."
        ) from error
    if AUTHORITY_FILE not in found:
        raise InputError(f"There is no hub in {folder}; name its folder in hub.folder.")
    for places, name in ELSEWHERE:
        key = places.find(folder / name, environment)
        if key is not None:
            found[name] = b64encode(key) + b"\n"
    return found


def _put_keys(folder: Path, keys: Mapping[str, bytes]) -> None:
    """InputError, before anything is written, where another hub's are there."""
    for name, content in keys.items():
        place = folder / name
        # The hub's own certificate is made anew each year.
        if name != HUB_FILE and place.exists() and read_bounded(place) != content:
            raise InputError(
                f"There is another hub in {folder} ({name} is another one); name an empty folder "
                "in hub.folder, or move that one aside."
            )
    try:
        for name, content in keys.items():
            write_atomically(folder / name, content)
    except OSError as error:
        raise FaultError(f"{folder} cannot be written ({error.strerror}); make room.") from error


def _refuse_filled(database: HubDatabase) -> None:
    with database.reading() as db:
        tables = inspect(db).get_table_names()
    if tables:
        raise InputError(
            "The hub's database is not empty, and nothing in it is ever overwritten; name an empty "
            f"one in hub.database_file, or move {FILE_NAME} in the hub's folder aside."
        )


def _put_rows(
    database: HubDatabase, backup: OpenBackup, folder: Path, key: bytes, now: float
) -> dict[str, int]:
    """All of them in one transaction, into tables of the backup's version, which then are brought
    up to date."""
    facts = backup.listed.facts
    with (
        database.writing() as db,
        _unsealed(backup, ROWS, folder, key) as file,
    ):
        begin_migration(database, db)
        migrate(db, str(facts["revision"]))
        rows = read_rows(db, file)
        migrate(db)
        told = {"made": facts["made"], "rows": sum(rows.values())}
        write_journal(database, db, JournalKind.RESTORED, now, told)
    return rows


def _unsealed_keys(backup: OpenBackup, folder: Path, key: bytes) -> dict[str, bytes]:
    with _unsealed(backup, KEYS, folder, key) as file:
        told: dict[str, Any] = json.loads(file.read(MAX_KEYS_BYTES))
    for name in told:
        if Path(name).name != name or name.startswith("."):
            raise InputError(f"The backup holds a key called {name!a}; name another file.")
    return {name: b64decode(one) for name, one in told.items()}


@contextmanager
def _sealed(
    path: Path, key: bytes, random_bytes: Callable[[int], bytes]
) -> Iterator[gzip.GzipFile]:
    """A new file whose content is packed and sealed; FaultError."""
    try:
        with (
            path.open("xb") as target,
            SealingStream(target, _member_key(key), path.name, random_bytes) as sealing,
            gzip.GzipFile(fileobj=sealing, mode="wb", mtime=0) as file,
        ):
            yield file
    except OSError as error:
        raise FaultError(
            f"The backup could not be written ({error.strerror}); make room, or name another disk."
        ) from error


@contextmanager
def _unsealed(backup: OpenBackup, name: str, folder: Path, key: bytes) -> Iterator[gzip.GzipFile]:
    path = folder / name
    try:
        backup.unpack(name, path)
        with (
            path.open("rb") as source,
            UnsealingStream(source, _member_key(key), name) as unsealing,
            io.BufferedReader(unsealing) as buffered,
            gzip.GzipFile(fileobj=buffered, mode="rb") as file,
        ):
            yield file
    except (OSError, EOFError) as error:
        raise FaultError(f"{backup.path} cannot be unpacked ({error}); make room.") from error


def _make_folder(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        raise InputError(
            f"The folder {folder} cannot be made ({error.strerror}); name another in hub.folder."
        ) from error


def _list_key(key: bytes) -> bytes:
    return hmac.digest(key, b"accessctl hub backup 1: list", hashlib.sha256)


def _member_key(key: bytes) -> bytes:
    return hmac.digest(key, b"accessctl hub backup 1: members", hashlib.sha256)
