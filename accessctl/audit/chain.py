"""An event log as whoever sends it elsewhere reads it: records with their hashes.

Nothing is interpreted: a record that was tampered with is read as it is, and whoever checks the
chain finds out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from accessctl.audit.append import End, checkpoint, last_end
from accessctl.audit.log import BUSY_TIMEOUT_S
from accessctl.audit.schema import GENESIS, HASH_BYTES, record_bytes, reported
from accessctl.storage.sqlite import connect

NO_RECORD = b"null"
"""In place of a record of which nothing can be made: no chain goes through it."""


@dataclass(frozen=True, slots=True)
class ChainRecord:
    """`record` are the bytes that are hashed after the hash before them, see audit.schema."""

    number: int
    hash: bytes
    record: bytes


class ChainReader:
    """A log that others write to, read by a connection of its own; StoreError.

    For one thread at a time. Where there is no log yet it is an empty one.
    """

    def __init__(self, path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s

    def end(self) -> End:
        """Where the log ends now."""
        with self._opened() as db:
            return End(0, GENESIS) if db is None else _end(last_end(db))

    def beginning(self) -> End:
        """What its first record follows: the last one purged, or number 0."""
        with self._opened() as db:
            found = None if db is None else checkpoint(db)
            return End(0, GENESIS) if found is None else _end(found[0])

    def hash_at(self, number: int) -> bytes | None:
        """The hash of one record, or of what the first one follows; None where there is none."""
        beginning = self.beginning()
        if number == beginning.number:
            return beginning.hash
        found = self.after(number - 1, 1)
        return found[0].hash if found and found[0].number == number else None

    def after(self, number: int, limit: int) -> list[ChainRecord]:
        """Up to `limit` records after that number, in their order."""
        with self._opened() as db:
            if db is None:
                return []
            rows = db.execute(
                "SELECT id, time, kind, person, data, hash FROM event WHERE id > ? "
                "ORDER BY id LIMIT ?",
                (number, limit),
            ).fetchall()
        return [_record(*row) for row in rows]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection | None]:
        """Anew each time: the file may be replaced by a restore."""
        with reported(self._path):
            if not self._path.exists():
                yield None
                return
            db = connect(self._path, self._busy_timeout_s)
            try:
                yield db
            finally:
                db.close()


class LogWatch:
    """Whether a log may hold more than when it was asked last, by what its files look like: far
    cheaper than to open it. For one thread at a time; StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = path, path.with_name(path.name + "-wal")
        self._seen: tuple[object, ...] = ()
        self._is_settled = False

    def may_have_grown(self) -> bool:
        """True for the first time, too, and once more after files have changed: two writes within
        one tick of the file system's clock look alike."""
        with reported(self._path):
            looks = tuple(map(_look_of, self._files))
        if looks == self._seen and self._is_settled:
            return False
        self._is_settled = looks == self._seen
        self._seen = looks
        return True


def _look_of(path: Path) -> object:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _record(number: int, *values: object) -> ChainRecord:
    *fields, digest = values
    try:
        record = record_bytes(number, *fields)
    except ValueError:
        record = NO_RECORD
    return ChainRecord(number, _hash(digest), record)


def _end(end: End) -> End:
    return End(end.number, _hash(end.hash))


def _hash(stored: object) -> bytes:
    """What stands for a hash; zeros, which are none's, where it is damaged."""
    if isinstance(stored, bytes) and len(stored) == HASH_BYTES:
        return stored
    return bytes(HASH_BYTES)
