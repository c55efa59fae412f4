"""The tables of the event log, and how an older file becomes a newer one."""

import sqlite3
import time
from pathlib import Path

from accessctl.errors import StoreError

# Marks the file as an accessctl event log ("acel"); SQLite keeps it in the header.
APPLICATION_ID = 0x6163656C

# Migration N leads from user_version N to N + 1. A published one is never edited.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
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
            for statement in migration:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _application(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])
