"""How an event stands in the log's file: its row, the row's hash, and the tables.

A row is (time, kind, person, data), `data` being JSON text. The rows are chained:
hash(n) = SHA-256(hash(n-1) || record(n)), where hash(0) = SHA-256 of a fixed text and a
record is the JSON array [number, time, kind, person, data] in ASCII without spaces, `data`
being the text that is stored. Anybody can compute it again; it needs no key.
"""

import hashlib
import json
import math
import sqlite3
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError
from accessctl.storage import sqlite as storage
from accessctl.storage.sqlite import FaultWords, Migrations, Schema, keep_wal

Row: TypeAlias = tuple[float, str, str | None, str]

MAX_BYTES = 65536
MAX_DEPTH = 16
MAX_INTEGER = (1 << 63) - 1
MAX_DIGITS = len(str(-MAX_INTEGER))
LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()

HASH_BYTES = 32
GENESIS = hashlib.sha256(b"accessctl event log 1").digest()

# Marks the file as an accessctl event log ("acel"); SQLite keeps it in the header.
APPLICATION_ID = 0x6163656C


def row_of(event: Event) -> Row:
    """Time, kind, person and data; one event always gives the same row.

    Data is JSON in ASCII with sorted keys and no spaces (a tuple becomes a list).
    Raises ValueError for a time outside the years 1970 to 9999 and for data that is not
    JSON, deeper than 16 levels, larger than 64 KiB, or with an integer of more than 64 bits.
    """
    if not 0 <= event.time <= LATEST:
        raise ValueError(f"an event's time lies in the years 1970 to 9999, not {event.time}")
    _check(dict(event.data), MAX_DEPTH)
    data = json.dumps(dict(event.data), sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(data) > MAX_BYTES:
        raise ValueError(f"an event's data may take {MAX_BYTES} bytes, not {len(data)}")
    return float(event.time), event.kind.value, event.person, data


def event_of(row: tuple[Any, ...]) -> Event:
    """The event of a row read back; ValueError if it is not what row_of makes."""
    time, kind, person, text = row
    if not isinstance(time, float) or not 0 <= time <= LATEST:
        raise ValueError("its time is damaged")
    if not (person is None or isinstance(person, str)) or not isinstance(text, str):
        raise ValueError("it is damaged")
    data = _data_in(text)
    return Event(time, EventKind(kind), data, None if person is None else PersonId(person))


def check_sent(text: str) -> None:
    """ValueError for data of a record that somebody else wrote, which row_of would not have made:
    whoever reads the record later could not."""
    if len(text) > MAX_BYTES:
        raise ValueError(f"its data takes more than {MAX_BYTES} bytes")
    _check(_data_in(text), MAX_DEPTH)


def _data_in(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_countable)
    except RecursionError as error:
        raise ValueError("its data is nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError("its data is damaged")
    return data


def _refuse(constant: str) -> None:
    raise ValueError(f"its data holds {constant}")


def _finite(text: str) -> float:
    # JSON reads 1e999 as infinity, which it cannot write.
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"its data holds {text}")
    return number


def _countable(text: str) -> int:
    # Longer ones become no float, whoever computes with them.
    if len(text) > MAX_DIGITS or abs(number := int(text)) > MAX_INTEGER:
        raise ValueError("its data holds too large a number")
    return number


def _check(value: object, depth: int) -> None:
    # json.dumps would turn a key 1 into "1" and let NaN through unasked.
    if depth == 0:
        raise ValueError(f"an event's data is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"an event's data has a key that is not a string: {key!r}")
            _check(item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("an event's data holds an integer of more than 64 bits")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"an event's data holds {value}, which JSON cannot")
    elif not (value is None or isinstance(value, str)):
        raise ValueError(f"an event's data holds a {type(value).__name__}, which JSON cannot")


def record_bytes(number: int, time: Any, kind: Any, person: Any, data: Any) -> bytes:
    """The bytes that are hashed; ValueError for values that no record has."""
    if not (isinstance(time, float) and isinstance(kind, str) and isinstance(data, str)):
        raise ValueError("a record has a time, a kind and data")
    if not (person is None or isinstance(person, str)):
        raise ValueError("a record's person is an id or nobody")
    return json.dumps([number, time, kind, person, data], separators=(",", ":")).encode("ascii")


def link(previous: bytes, record: bytes) -> bytes:
    """The hash (32 bytes) of a record after the one whose hash is `previous`."""
    return hashlib.sha256(previous + record).digest()


def _chain_all(db: sqlite3.Connection) -> None:
    digest = GENESIS
    rows = db.execute("SELECT id, time, kind, person, data FROM event ORDER BY id").fetchall()
    for number, *row in rows:
        try:
            digest = link(digest, record_bytes(number, *row))
        except ValueError:
            # Damaged already; it stays without a hash, and `verify` names it.
            continue
        db.execute("UPDATE event SET hash = ? WHERE id = ?", (digest, number))


# Migration N leads from user_version N to N + 1. A published one is never edited.
MIGRATIONS: Migrations = (
    (
        """CREATE TABLE event (
               id INTEGER PRIMARY KEY AUTOINCREMENT,
               time REAL NOT NULL,
               kind TEXT NOT NULL,
               person TEXT,
               data TEXT NOT NULL)""",
        "CREATE INDEX event_time ON event (time)",
        "CREATE INDEX event_person ON event (person) WHERE person IS NOT NULL",
        f"PRAGMA application_id = {APPLICATION_ID}",
    ),
    (
        "ALTER TABLE event ADD COLUMN hash BLOB",
        """CREATE TABLE checkpoint (
               id INTEGER PRIMARY KEY CHECK (id = 1),
               through INTEGER NOT NULL,
               hash BLOB NOT NULL,
               seal BLOB NOT NULL)""",
        _chain_all,
    ),
    # Where the clocks stood when they were last looked at, see clock_watch.
    (
        """CREATE TABLE clock (
               id INTEGER PRIMARY KEY CHECK (id = 1),
               wall REAL NOT NULL,
               boot TEXT NOT NULL,
               uptime REAL NOT NULL,
               doubt REAL)""",
    ),
    # Events of one kind in their order: at each start the few of the service are looked through.
    ("CREATE INDEX IF NOT EXISTS event_kind ON event (kind, id)",),
)


def configure(db: sqlite3.Connection, path: Path, busy_timeout_s: float) -> None:
    """Write-ahead log, and an fsync for each commit; raises sqlite3.Error, StoreError."""
    mode = keep_wal(db, busy_timeout_s)
    if mode != "wal":
        raise StoreError(
            f"The event log {path} is on a file system that cannot keep it safely "
            f"(journal mode {mode}); put it on a local disk."
        )


def migrate(db: sqlite3.Connection, path: Path, migrations: Migrations = MIGRATIONS) -> None:
    """Bring the tables up to date in one transaction.

    Raises StoreError for a database of something else, or of a newer accessctl.
    """
    schema = Schema(
        application_id=APPLICATION_ID,
        migrations=migrations,
        foreign="{path} is a database, but not an event log; name another file.",
        newer="The event log {path} was written by a newer accessctl; update this one.",
    )
    storage.migrate(db, path, schema)


WORDS = FaultWords(
    busy="The event log {path} is locked by another process; close what holds it and try again.",
    full="The event log {path} cannot be written: the disk is full; make room.",
    disk="The event log {path} cannot be read or written: the disk reports an error or is full.",
    read_only="The event log {path} may not be written; give it to the user that runs accessctl.",
    not_permitted="The event log {path} may not be opened; "
    "give it to the user that runs accessctl.",
    cannot_open="The event log {path} cannot be opened; "
    "check its folder and who may read and write it.",
    damaged="The event log {path} is damaged; "
    "move it away to begin a new one, and keep it as evidence.",
    not_a_database="The event log {path} is not an event log; name another file or move it away.",
    system="The event log {path} cannot be used ({what}); "
    "check its folder and who may read and write it.",
    other="The event log {path} cannot be used ({what}).",
)


def reported(path: Path) -> AbstractContextManager[None]:
    """Turn what SQLite and the disk complain of into a StoreError about the log at `path`."""
    return storage.reported(path, WORDS)
