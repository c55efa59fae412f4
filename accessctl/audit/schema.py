"""The tables of the event log, and how an older file becomes a newer one."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from accessctl.audit.chain import GENESIS, link, record_bytes
from accessctl.errors import StoreError

# Marks the file as an accessctl event log ("acel"); SQLite keeps it in the header.
APPLICATION_ID = 0x6163656C

Step: TypeAlias = str | Callable[[sqlite3.Connection], None]


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
MIGRATIONS: tuple[tuple[Step, ...], ...] = (
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
)

LOCK_RETRY_S = 0.02


def configure(db: sqlite3.Connection, path: Path, busy_timeout_s: float) -> None:
    """Write-ahead log, and an fsync for each commit; raises sqlite3.Error, StoreError."""
    db.execute("PRAGMA trusted_schema = OFF")
    mode = _set_wal(db, busy_timeout_s)
    if mode != "wal":
        raise StoreError(
            f"The event log {path} is on a file system that cannot keep it safely "
            f"(journal mode {mode}); put it on a local disk."
        )
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")


def _set_wal(db: sqlite3.Connection, busy_timeout_s: float) -> str:
    # Changing the mode does not wait for another process's lock as other statements do.
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            return str(db.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(LOCK_RETRY_S)


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date in one transaction.

    Raises StoreError for a database of something else, or of a newer accessctl.
    """
    if _version(db) == len(MIGRATIONS) and _application(db) == APPLICATION_ID:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db)
        is_empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if _application(db) != APPLICATION_ID and not is_empty:
            raise StoreError(f"{path} is a database, but not an event log; name another file.")
        if version > len(MIGRATIONS):
            raise StoreError(
                f"The event log {path} was written by a newer accessctl; update this one."
            )
        for migration in MIGRATIONS[version:]:
            for step in migration:
                _take(db, step)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _take(db: sqlite3.Connection, step: Step) -> None:
    if isinstance(step, str):
        db.execute(step)
    else:
        step(db)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _application(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])
