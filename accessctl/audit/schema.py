"""The tables of the event log, and how an older file becomes a newer one."""

import sqlite3
from pathlib import Path

from accessctl.audit.chain import GENESIS, link, record_bytes
from accessctl.errors import StoreError
from accessctl.storage import sqlite as storage
from accessctl.storage.sqlite import Migrations, Schema, keep_wal

# Marks the file as an accessctl event log ("acel"); SQLite keeps it in the header.
APPLICATION_ID = 0x6163656C


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
)


def configure(db: sqlite3.Connection, path: Path, busy_timeout_s: float) -> None:
    """Write-ahead log, and an fsync for each commit; raises sqlite3.Error, StoreError."""
    mode = keep_wal(db, busy_timeout_s)
    if mode != "wal":
        raise StoreError(
            f"The event log {path} is on a file system that cannot keep it safely "
            f"(journal mode {mode}); put it on a local disk."
        )


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date in one transaction.

    Raises StoreError for a database of something else, or of a newer accessctl.
    """
    schema = Schema(
        application_id=APPLICATION_ID,
        migrations=MIGRATIONS,
        foreign="{path} is a database, but not an event log; name another file.",
        newer="The event log {path} was written by a newer accessctl; update this one.",
    )
    storage.migrate(db, path, schema)
