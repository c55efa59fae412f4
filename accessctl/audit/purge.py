"""Removing the oldest records so that the chain of the others can still be verified."""

import sqlite3

from accessctl.audit.append import PURGED, append
from accessctl.audit.head import CHECKPOINT, End, HeadFile
from accessctl.audit.record import row_of
from accessctl.domain import Event, EventKind


def purge(db: sqlite3.Connection, head: HeadFile, before: float, now: float) -> int:
    """Remove the records older than `before` (epoch seconds); how many they were.

    Only a beginning is removed: a younger record keeps all that follow it. Its end is
    sealed with the audit key as the point from which the chain is verified, and an event
    tells of the purge. All of it happens, or nothing. Raises sqlite3.Error.
    """
    end = _end_before(db, before)
    if end is None:
        return 0
    count = int(db.execute("SELECT count(*) FROM event WHERE id <= ?", (end.number,)).fetchone()[0])
    told = {"state": PURGED, "through": end.number, "records": count}

    def remove(db: sqlite3.Connection) -> None:
        db.execute(
            "INSERT OR REPLACE INTO checkpoint (id, through, hash, seal) VALUES (1, ?, ?, ?)",
            (end.number, end.hash, head.seal(CHECKPOINT, end)),
        )
        db.execute("DELETE FROM event WHERE id <= ?", (end.number,))

    append(db, row_of(Event(now, EventKind.SERVICE, told)), head, also=remove)
    # Fold the write-ahead log in, where the removed records still stand; a reader may keep
    # that from happening now, and SQLite does it later.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return count


def _end_before(db: sqlite3.Connection, before: float) -> End | None:
    kept = db.execute("SELECT min(id) FROM event WHERE time >= ?", (before,)).fetchone()[0]
    query = "SELECT id, hash FROM event WHERE ? IS NULL OR id < ? ORDER BY id DESC LIMIT 1"
    found = db.execute(query, (kept, kept)).fetchone()
    return None if found is None else End(*found)
