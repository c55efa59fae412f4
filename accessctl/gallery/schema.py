"""The gallery's tables, their version, and how one version becomes the next."""

import sqlite3
from pathlib import Path

from accessctl.errors import StoreError

APPLICATION_ID = 0x61636374
FILE_NAME = "gallery.sqlite"


def database_file(folder: Path) -> Path:
    """The file of the gallery in `folder`."""
    return folder / FILE_NAME


# One tuple of statements per version; a released one is never edited, only followed.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            revision INTEGER NOT NULL,
            key_check BLOB NOT NULL,
            erase_pending INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
        """CREATE TABLE person (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL UNIQUE,
            enrolled REAL NOT NULL
        ) STRICT""",
        """CREATE TABLE photo (
            id TEXT PRIMARY KEY,
            person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
            sealed BLOB NOT NULL,
            quality REAL NOT NULL,
            added REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX photo_person ON photo (person)",
        """CREATE TABLE template (
            photo TEXT NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
            fingerprint TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (photo, fingerprint)
        ) STRICT, WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE person_rules (
            person TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ),
    # The encoder that found no face in the photo, so that it is not asked at every start.
    ("ALTER TABLE photo ADD COLUMN skipped_by TEXT",),
    (
        """CREATE TABLE person_pin (
            person TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ),
)


def configure(db: sqlite3.Connection) -> None:
    """Durable commits, deleted bytes overwritten; sqlite3.Error."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA foreign_keys = ON")


def migrate(db: sqlite3.Connection, key_check: bytes) -> None:
    """Bring a gallery, or an empty file, to the newest version in one transaction.

    `key_check` is written only into a new gallery. The caller keeps other processes from
    migrating at the same time. StoreError for a file that is something else or that a
    newer release wrote.
    """
    version = _pragma(db, "user_version")
    tables = int(db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if tables and _pragma(db, "application_id") != APPLICATION_ID:
        raise StoreError(
            f"{FILE_NAME} in the gallery's folder is another program's database; "
            "name another folder in gallery.folder."
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"The gallery has version {version}, this accessctl knows up to "
            f"{len(MIGRATIONS)}; install a newer accessctl."
        )
    if version == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                db.execute(statement)
        if version == 0:
            db.execute("INSERT INTO state (id, revision, key_check) VALUES (1, 0, ?)", (key_check,))
        # A PRAGMA takes no parameters; both are integers of this file.
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
