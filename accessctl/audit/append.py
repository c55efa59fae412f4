"""The two ends of the hash chain: events are added at one, and old ones removed at the other.

Where the log ends is also kept apart from it, in a head sealed with the audit key. Whoever
cuts the tail of the log, or writes the whole chain anew, cannot make a head that fits without
the key. A purge seals the hash of the last record that it removes, so that the chain of the
others can still be verified. Each change is one transaction: all of it happens, or nothing.
"""

import hashlib
import hmac
import logging
import math
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from accessctl.audit.schema import GENESIS, HASH_BYTES, Row, link, record_bytes, row_of
from accessctl.domain import Event, EventKind
from accessctl.storage.files import sync_folder
from accessctl.storage.sqlite import transaction

# States of the service events by which the log tells about itself.
HEAD_BEGUN = "audit_head_begun"
MISMATCH = "audit_mismatch"
PURGED = "audit_purged"
RESTORED = "audit_restored"

_MAGIC = b"accessctl head 1"
# What else is sealed with the key: where a purged log begins.
CHECKPOINT = b"accessctl checkpoint 1"
# SQLite's largest integer: no log has a record beyond it.
_LARGEST = (1 << 63) - 1
_SLOT_BYTES = len(_MAGIC) + 1 + 20 + 1 + 64 + 1 + 64 + 1

# A purge removes so many at once: the log is locked for no longer than some appends take.
SLICE = 1000
FOLD_PATIENCE_MS = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class End:
    """The number and hash of the last record."""

    number: int
    hash: bytes


class HeadFile:
    """A file of two fixed slots; any process that has the key may read and write it.

    The slots are written by turns, so that a write that a power cut tears leaves the slot
    before it.
    """

    def __init__(self, path: Path, key: bytes, *, is_new: bool = False) -> None:
        """Creates nothing, `write` does; `is_new` says that none is expected to be there."""
        self.path = path
        self.is_new = is_new
        self._key = key

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> End | None:
        """The latest end that the key sealed; None when there is none. OSError."""
        with self.path.open("rb") as file:
            content = file.read(2 * _SLOT_BYTES)
        slots = (content[:_SLOT_BYTES], content[_SLOT_BYTES:])
        ends = [end for end in map(self._parse, slots) if end is not None]
        return max(ends, key=lambda end: end.number, default=None)

    def write(self, end: End, *, over_all: bool = False) -> None:
        """On disk when this returns; `over_all` also forgets a later end. OSError."""
        created = not self.exists()
        if created:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            for turn in (0, 1) if over_all else (end.number % 2,):
                os.pwrite(descriptor, self._slot(end), turn * _SLOT_BYTES)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if created:
            sync_folder(self.path.parent)

    def seal(self, purpose: bytes, end: End) -> bytes:
        """HMAC-SHA256 (RFC 2104) of an end; `purpose` keeps one use from passing as another."""
        message = purpose + b"\0" + end.number.to_bytes(8, "big") + end.hash
        return hmac.digest(self._key, message, hashlib.sha256)

    def vouches(self, purpose: bytes, end: End, seal: bytes) -> bool:
        """Whether `seal` was made for that end, with this key."""
        return hmac.compare_digest(self.seal(purpose, end), seal)

    def _slot(self, end: End) -> bytes:
        seal = self.seal(_MAGIC, end).hex()
        return b"%s %020d %s %s\n" % (_MAGIC, end.number, end.hash.hex().encode(), seal.encode())

    def _parse(self, slot: bytes) -> End | None:
        parts = slot.removeprefix(_MAGIC + b" ").split()
        if len(slot) != _SLOT_BYTES or len(parts) != 3:
            return None
        try:
            end = End(int(parts[0]), bytes.fromhex(parts[1].decode("ascii")))
        except ValueError:
            return None
        if not 0 <= end.number <= _LARGEST or len(end.hash) != HASH_BYTES:
            return None
        return end if hmac.compare_digest(self._slot(end), slot) else None


def append(
    db: sqlite3.Connection,
    row: Row,
    head: HeadFile | None,
    also: Callable[[sqlite3.Connection], None] | None = None,
) -> End:
    """As `append_all` with one row; `also` runs in the same transaction."""

    def only(db: sqlite3.Connection) -> Sequence[Row]:
        if also is not None:
            also(db)
        return [row]

    return append_all(db, only, head)


def append_all(
    db: sqlite3.Connection,
    rows: Callable[[sqlite3.Connection], Sequence[Row]],
    head: HeadFile | None,
) -> End:
    """The new end of the log after what `rows` gives; durable when this returns, its head too.

    When the log does not go on where the head says it ended, an event about that comes
    first, so that the next head cannot hide it. `rows` is called in the transaction and may
    write there. Raises sqlite3.Error, and then nothing was written.
    """
    with transaction(db):
        end = last_end(db)
        oddity = None if head is None else _oddity(db, end, head)
        given = rows(db)
        if oddity is not None and given:
            log.error("The event log and its head do not fit together: %s", oddity)
            end = _insert(db, end, row_of(Event(given[0][0], EventKind.SERVICE, oddity)))
        for row in given:
            end = _insert(db, end, row)
    if head is not None and given:
        _write(head, end, over_all=oddity is not None)
    return end


def last_end(db: sqlite3.Connection) -> End:
    """Where the log ends now: its last record, the last one purged, or its beginning."""
    purged = checkpoint(db)
    number, digest = (0, GENESIS) if purged is None else (purged[0].number, purged[0].hash)
    found = db.execute("SELECT id, hash FROM event ORDER BY id DESC LIMIT 1").fetchone()
    if found is not None:
        number, digest = found
    # A record without hash was put there by something else; `verify` names it.
    return End(number, digest if isinstance(digest, bytes) else b"")


def checkpoint(db: sqlite3.Connection) -> tuple[End, bytes] | None:
    """Where a purge left off, and its seal; None without one, or for what no purge wrote."""
    found = db.execute("SELECT through, hash, seal FROM checkpoint").fetchone()
    if found is None:
        return None
    through, digest, seal = found
    is_whole = type(through) is int and through >= 0 and type(digest) is type(seal) is bytes
    return (End(through, digest), seal) if is_whole else None


def purged_through(db: sqlite3.Connection, head: HeadFile) -> int:
    """The last record that was removed with the key in hand, 0 without one.

    A purge that is killed before it moves the head on leaves one that lies before this.
    """
    found = checkpoint(db)
    if found is None:
        return 0
    end, seal = found
    return end.number if head.vouches(CHECKPOINT, end, seal) else 0


def _insert(db: sqlite3.Connection, end: End, row: Row) -> End:
    # Numbers are never used twice, also when the last records were taken away.
    used = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    # The table of SQLite's own takes a value of any type.
    last_used = used[0] if used is not None and type(used[0]) is int else 0
    number = max(end.number, last_used, 0) + 1
    digest = link(end.hash, record_bytes(number, *row))
    db.execute(
        "INSERT INTO event (id, time, kind, person, data, hash) VALUES (?, ?, ?, ?, ?, ?)",
        (number, *row, digest),
    )
    return End(number, digest)


def _oddity(db: sqlite3.Connection, end: End, head: HeadFile) -> dict[str, str | int] | None:
    """What an event must say about how log and head fit, None when they do."""
    try:
        sealed = head.read()
    except FileNotFoundError:
        if end.number == 0:
            return None
        if head.is_new:
            return {"state": HEAD_BEGUN, "last": end.number}
        return {"state": MISMATCH, "last": end.number, "problem": "the head is gone"}
    except OSError as error:
        # Not evidence of anything: the disk of the head may be away for a while.
        log.error("The head %s cannot be read: %s", head.path, error.strerror)
        return None
    if sealed is None:
        return {"state": MISMATCH, "last": end.number, "problem": "the head is damaged or forged"}
    if sealed == end:
        return None
    found = db.execute("SELECT hash FROM event WHERE id = ?", (sealed.number,)).fetchone()
    if found is not None and found[0] == sealed.hash:
        return None
    if sealed.number <= purged_through(db, head):
        return None
    problem = "records were cut off" if sealed.number > end.number else "records were replaced"
    return {"state": MISMATCH, "head": sealed.number, "last": end.number, "problem": problem}


def _write(head: HeadFile, end: End, *, over_all: bool) -> None:
    # The event is on the disk already; refusing it now would make the log say what was
    # not done. `verify` tells how far the head reaches.
    try:
        head.write(end, over_all=over_all)
    except OSError as error:
        log.error("The head %s cannot be written: %s", head.path, error.strerror)


def purge(
    db: sqlite3.Connection, head: HeadFile, through: int, now: float, at_once: int = SLICE
) -> int:
    """Remove up to `at_once` of the oldest records, none after number `through`; how many.

    The end of what is removed is sealed with the audit key as the point from which the
    chain is verified, and an event tells of the purge. All of it happens, or nothing.
    Raises sqlite3.Error.
    """
    rows = db.execute(
        "SELECT id, hash FROM event WHERE id <= ? ORDER BY id LIMIT ?", (through, at_once)
    ).fetchall()
    if not rows:
        return 0
    end = End(*rows[-1])
    told = {"state": PURGED, "through": end.number, "records": len(rows)}

    def remove(db: sqlite3.Connection) -> None:
        db.execute(
            "INSERT OR REPLACE INTO checkpoint (id, through, hash, seal) VALUES (1, ?, ?, ?)",
            (end.number, end.hash, head.seal(CHECKPOINT, end)),
        )
        db.execute("DELETE FROM event WHERE id <= ?", (end.number,))

    append(db, row_of(Event(now, EventKind.SERVICE, told)), head, also=remove)
    return len(rows)


def fold_in(db: sqlite3.Connection) -> None:
    """Empty the write-ahead log, where the removed records still stand; sqlite3.Error.

    A reader may keep that from happening now: it is not waited for, SQLite does it later.
    """
    patience = int(db.execute("PRAGMA busy_timeout").fetchone()[0])
    db.execute(f"PRAGMA busy_timeout = {FOLD_PATIENCE_MS}")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.execute(f"PRAGMA busy_timeout = {patience}")


def last_before(db: sqlite3.Connection, time: float) -> int:
    """The last record of the beginning that is older than `time`, 0 without one.

    A younger record keeps all that follow it.
    """
    kept = db.execute("SELECT min(id) FROM event WHERE time >= ?", (time,)).fetchone()[0]
    query = "SELECT max(id) FROM event WHERE ? IS NULL OR id < ?"
    return int(db.execute(query, (kept, kept)).fetchone()[0] or 0)


def last_above(db: sqlite3.Connection, max_bytes: float) -> int:
    """The last record that has to go so that the others take about `max_bytes`, 0 for none.

    The file does not become smaller, but grows no further: what is free in it is used again.
    """
    pages, free, size = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    used = (pages - free) * size
    first, last, count = db.execute("SELECT min(id), max(id), count(*) FROM event").fetchone()
    if not count or used <= max_bytes:
        return 0
    surplus = math.ceil(int(count) * (1 - max_bytes / used))
    return min(int(last), int(first) - 1 + surplus)
