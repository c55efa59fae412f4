"""The gallery's tables, how one version becomes the next, and how one state is told from another.

Each change of a gallery gives it a new random head; all heads it ever had are kept in its history
by the number of the change. Whoever remembers a mark can ask a gallery later whether it goes on
from there, so that an older one is not taken for new. The sentences for its faults stand here, too.
"""

import hashlib
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from accessctl.storage import sqlite
from accessctl.storage.sqlite import FaultWords, Migrations, Schema, keep_wal

APPLICATION_ID = 0x61636374
FILE_NAME = "gallery.sqlite"

# One tuple of statements per version; a released one is never edited, only followed.
MIGRATIONS: Migrations = (
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
    # A gallery of an older version begins its history where it stands.
    (
        """CREATE TABLE history (
            revision INTEGER PRIMARY KEY,
            head BLOB NOT NULL
        ) STRICT""",
        "INSERT INTO history (revision, head) SELECT revision, randomblob(16) FROM state "
        "WHERE revision > 0",
    ),
    (
        """CREATE TABLE person_controller_number (
            person TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE badge (
            id TEXT PRIMARY KEY,
            person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
            sealed BLOB NOT NULL,
            added REAL NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX badge_person ON badge (person)",
        # What stands in a row behind its picture is found by reading past the picture: all of
        # them, at each start, were it not here as well.
        "CREATE INDEX photo_listed ON photo (id, person, added, quality, skipped_by)",
    ),
    # What a gallery needs whose people a hub looks after; see accessctl.gallery.site.
    (
        """CREATE TABLE site (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            hub TEXT NOT NULL,
            door TEXT NOT NULL,
            seq INTEGER NOT NULL DEFAULT 0,
            round INTEGER,
            again INTEGER,
            sweep INTEGER NOT NULL DEFAULT 1
        ) STRICT""",
        """CREATE TABLE site_age (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            head REAL NOT NULL,
            age REAL NOT NULL,
            wall REAL NOT NULL,
            boot TEXT NOT NULL,
            uptime REAL NOT NULL,
            is_lost INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE site_document (
            kind TEXT PRIMARY KEY,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE site_person (
            person TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            sweep INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE site_removal (
            person TEXT PRIMARY KEY,
            seq INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE outbox (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            person TEXT NOT NULL,
            change TEXT NOT NULL,
            sealed BLOB NOT NULL,
            time REAL NOT NULL
        ) STRICT""",
        # By the site's badge key, so that other doors know it, too.
        "ALTER TABLE badge ADD COLUMN by_site INTEGER NOT NULL DEFAULT 0",
    ),
    # In which round the hub named a document last; what is there counts as named in this one.
    (
        "ALTER TABLE site_document ADD COLUMN sweep INTEGER NOT NULL DEFAULT 0",
        "UPDATE site_document SET sweep = coalesce((SELECT sweep FROM site), 0)",
    ),
    # Whom the hub removed from the site, so that a hub that was put back does not bring them back.
    ("CREATE TABLE site_gone (person TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",),
)
WORDS = FaultWords(
    busy="{path} is in use by another process; wait a moment and try again.",
    full="The disk of {path} is full; free some space and try again.",
    disk="The disk of {path} reports errors; check the disk.",
    read_only="{path} cannot be written; check its owner, its permissions and disk.",
    not_permitted="{path} cannot be written; check its owner and permissions.",
    cannot_open="{path} cannot be opened; check its owner and permissions.",
    damaged="{path} is damaged; restore it from a backup.",
    not_a_database="{path} is damaged or not a gallery; restore it from a backup.",
    system="{path} cannot be used ({what}); check its owner, permissions and disk.",
    other="{path} failed ({what}); restore it from a backup if that persists.",
)
HEAD_BYTES = 16


def database_file(folder: Path) -> Path:
    """The file of the gallery in `folder`."""
    return folder / FILE_NAME


def configure(db: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Durable commits, deleted bytes overwritten; sqlite3.Error."""
    keep_wal(db, busy_timeout_s)
    db.execute("PRAGMA foreign_keys = ON")


def migrate(db: sqlite3.Connection, key_check: bytes) -> None:
    """Bring a gallery, or an empty file, to the newest version in one transaction.

    `key_check` is written only into a new gallery. StoreError for a file that is something
    else or that a newer release wrote.
    """

    def begin(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO state (id, revision, key_check) VALUES (1, 0, ?)", (key_check,))

    schema = Schema(
        application_id=APPLICATION_ID,
        migrations=MIGRATIONS,
        foreign="{path} in the gallery's folder is another program's database; "
        "name another folder in gallery.folder.",
        newer="The gallery has version {version}, this accessctl knows up to {known}; "
        "install a newer accessctl.",
    )
    sqlite.migrate(db, Path(FILE_NAME), schema, begin)


def reported(path: Path) -> AbstractContextManager[None]:
    """Turn what SQLite and the disk complain of into a StoreError about `path`."""
    return sqlite.reported(path, WORDS)


@dataclass(frozen=True, slots=True)
class GalleryMark:
    """`gallery` says which one it is, for as long as it exists; `revision` counts its changes and
    `head` is the random number of the last one (hex, empty before the first)."""

    gallery: str
    revision: int
    head: str


class Marked(Protocol):
    """What is asked of a gallery by whoever remembers a mark of it; StoreError."""

    @property
    def place(self) -> str: ...

    def mark(self) -> GalleryMark: ...

    def head_at(self, revision: int) -> str | None:
        """The head that change had; None for one that this gallery never had."""
        ...


def gallery_id(key_check: bytes) -> str:
    """Which gallery it is, by what was sealed into it when it was made: 32 hex digits."""
    return hashlib.sha256(b"accessctl gallery" + key_check).hexdigest()[:32]


def place_of(path: Path) -> str:
    """Where a gallery lies, as a log may say it: 16 hex digits, the same for the same file."""
    return hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def goes_on_from(gallery: Marked, known: GalleryMark) -> bool:
    """Whether this gallery has been where `known` says, and has only changed since."""
    mark = gallery.mark()
    if mark.gallery != known.gallery or mark.revision < known.revision:
        return False
    return known.revision == 0 or gallery.head_at(known.revision) == known.head
