"""One event more at the end of the chain, in one transaction."""

import logging
import sqlite3
from collections.abc import Callable

from accessctl.audit.chain import GENESIS, link, record_bytes
from accessctl.audit.head import CHECKPOINT, End, HeadFile
from accessctl.audit.record import Row, row_of
from accessctl.domain import Event, EventKind
from accessctl.storage.sqlite import transaction

# States of the service events by which the log tells about itself.
HEAD_BEGUN = "audit_head_begun"
MISMATCH = "audit_mismatch"
PURGED = "audit_purged"

log = logging.getLogger(__name__)


def append(
    db: sqlite3.Connection,
    row: Row,
    head: HeadFile | None,
    also: Callable[[sqlite3.Connection], None] | None = None,
) -> End:
    """The new end of the log; durable when this returns, its head too.

    When the log does not go on where the head says it ended, an event about that comes
    first, so that the next head cannot hide it. `also` runs in the same transaction.
    Raises sqlite3.Error, and then nothing was written.
    """
    with transaction(db):
        end = last_end(db)
        oddity = None if head is None else _oddity(db, end, head)
        if oddity is not None:
            log.error("The event log and its head do not fit together: %s", oddity)
            end = _insert(db, end, row_of(Event(row[0], EventKind.SERVICE, oddity)))
        end = _insert(db, end, row)
        if also is not None:
            also(db)
    if head is not None:
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
