"""Removing the oldest records so that the chain of the others can still be verified."""

import math
import sqlite3

from accessctl.audit.append import PURGED, append
from accessctl.audit.head import CHECKPOINT, End, HeadFile
from accessctl.audit.record import row_of
from accessctl.domain import Event, EventKind

# So many at once: the log is locked for no longer than some appends take.
SLICE = 1000
FOLD_PATIENCE_MS = 100


def purge(db: sqlite3.Connection, head: HeadFile, through: int, now: float) -> int:
    """Remove up to SLICE of the oldest records, none after number `through`; how many.

    The end of what is removed is sealed with the audit key as the point from which the
    chain is verified, and an event tells of the purge. All of it happens, or nothing.
    Raises sqlite3.Error.
    """
    rows = db.execute(
        "SELECT id, hash FROM event WHERE id <= ? ORDER BY id LIMIT ?", (through, SLICE)
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
