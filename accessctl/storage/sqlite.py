"""One SQLite file: opened private, whole transactions, brought up to its newest version.

`reported` turns what SQLite, or the disk below it, complains of into a StoreError of one sentence,
in the words of the kind of database.
"""

import errno
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeAlias

from accessctl.errors import StoreError
from accessctl.storage.files import create_private, make_private
from accessctl.storage.parsing import shortened

LOCK_RETRY_S = 0.02

Step: TypeAlias = str | Callable[[sqlite3.Connection], None]
Migrations: TypeAlias = tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One kind of database.

    `application_id` marks its files in SQLite's header. Migration N leads from user_version N
    to N + 1; a published one is never edited, only followed. `foreign` is the sentence for a
    database of something else, `newer` for one of a newer release; both may hold `{path}`, the
    latter `{version}` and `{known}`, too.
    """

    application_id: int
    migrations: Migrations
    foreign: str
    newer: str


def private_file(path: Path) -> None:
    """The file exists with mode 0600, and its -wal and -shm too; OSError.

    SQLite gives those the same mode when it makes them.
    """
    if not create_private(path):
        for end in ("", "-wal", "-shm"):
            make_private(path.with_name(path.name + end))


def connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """An existing file, in autocommit mode, for any thread; sqlite3.Error.

    A lock of another connection is waited for `busy_timeout_s`. Functions are not called from
    a schema that somebody else may have written.
    """
    # mode=rw: SQLite must not create the file, its permissions would be too wide.
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        db.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All that is done inside is kept at its end, or nothing where it raises; sqlite3.Error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def keep_wal(db: sqlite3.Connection, busy_timeout_s: float) -> str:
    """A write-ahead log, an fsync for each commit, deleted bytes overwritten; sqlite3.Error.

    The journal mode that the file system allowed, "wal" where it can keep one.
    """
    mode = _set_wal(db, busy_timeout_s)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    return mode


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


def migrate(
    db: sqlite3.Connection,
    path: Path,
    schema: Schema,
    fill: Callable[[sqlite3.Connection], object] = lambda _: None,
) -> None:
    """Bring the tables up to date in one transaction; `fill` puts into new ones what they need.

    `path` is for the sentences. StoreError for a database of something else, or of a newer
    release; sqlite3.Error.
    """
    newest = len(schema.migrations)
    if pragma(db, "user_version") == newest and _is_own(db, schema.application_id):
        return
    with transaction(db):
        # Another process may have done it meanwhile.
        version = pragma(db, "user_version")
        refuse_foreign(db, schema.application_id, schema.foreign.format(path=path))
        if version > newest:
            raise StoreError(schema.newer.format(path=path, version=version, known=newest))
        for migration in schema.migrations[version:]:
            for step in migration:
                _take(db, step)
        if version == 0:
            fill(db)
        # A PRAGMA takes no parameters; both are integers of the code.
        db.execute(f"PRAGMA application_id = {schema.application_id}")
        db.execute(f"PRAGMA user_version = {newest}")


def refuse_foreign(db: sqlite3.Connection, application_id: int, sentence: str) -> None:
    """StoreError with that sentence for tables in a file without this mark."""
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and not _is_own(db, application_id):
        raise StoreError(sentence)


def pragma(db: sqlite3.Connection, name: str) -> int:
    """The value of a PRAGMA that is a number."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _is_own(db: sqlite3.Connection, application_id: int) -> bool:
    return pragma(db, "application_id") == application_id


def _take(db: sqlite3.Connection, step: Step) -> None:
    if isinstance(step, str):
        db.execute(step)
    else:
        step(db)


# The low byte of a code is the kind; the extended codes above it only refine it.
_PRIMARY = 0xFF
# What Python says of a text that is none; it has no code.
_NOT_TEXT = "Could not decode"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWords:
    """How one kind of database tells its faults: whole sentences, what is wrong and what to do.

    Each may hold `{path}`, and `{what}` for SQLite's or the system's own words; `system` is for
    an OSError, `other` for every fault that has no sentence of its own.
    """

    busy: str
    full: str
    disk: str
    read_only: str
    not_permitted: str
    cannot_open: str
    damaged: str
    not_a_database: str
    system: str
    other: str

    @classmethod
    def all_alike(cls, sentence: str) -> "FaultWords":
        """One sentence for every fault."""
        return cls(**{field.name: sentence for field in fields(cls)})


_KINDS = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "not_permitted",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "not_a_database",
}


READ_ONLY_DISK = (
    "{path} lies on a disk that is read-only, so it cannot be written; mount that for writing "
    "(Linux turns a disk with errors read-only, and its log says so)."
)
# Kinds of fault for which a read-only disk may be the reason.
_OF_READ_ONLY = {"read_only", "not_permitted", "cannot_open", "disk"}


@contextmanager
def reported(path: Path, words: FaultWords) -> Iterator[None]:
    """Turn sqlite3.Error, its unreadable messages and OSError into a StoreError about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        kind = _kind_of(error)
        sentence: str = getattr(words, kind)
        if kind in _OF_READ_ONLY and on_read_only_disk(path):
            sentence = READ_ONLY_DISK
        what = shortened(str(error)).rstrip(".")
        raise StoreError(sentence.format(path=path, what=what)) from error
    except (UnicodeDecodeError, OverflowError) as error:
        # SQLite quotes a damaged schema in its message, and Python cannot read that; a row with
        # the largest number there is can have none after it.
        raise StoreError(words.damaged.format(path=path, what="it is damaged")) from error
    except OSError as error:
        sentence = READ_ONLY_DISK if error.errno == errno.EROFS else words.system
        raise StoreError(sentence.format(path=path, what=error.strerror)) from error


def _kind_of(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _KINDS.get(code & _PRIMARY, "other")
    return "damaged" if str(error).startswith(_NOT_TEXT) else "other"


def on_read_only_disk(path: Path) -> bool:
    """Whether a file at `path` cannot be written because of how its disk is mounted."""
    there = next((p for p in (path, *path.absolute().parents) if p.exists()), None)
    return there is not None and bool(os.statvfs(there).f_flag & os.ST_RDONLY)


def is_writable(path: Path) -> bool:
    """Whether this user may write the file, and make others beside it, as SQLite has to."""
    return not on_read_only_disk(path) and all(
        os.access(place, os.W_OK) for place in (path, path.parent)
    )


@contextmanager
def readable_copy(path: Path) -> Iterator[Path]:
    """A private copy of a database that cannot be written, with what its write-ahead log holds.

    For SQLite has to write even where it only reads. OSError.
    """
    with tempfile.TemporaryDirectory(prefix="accessctl-") as name:
        copy = Path(name) / path.name
        for side in ("", "-wal"):
            there = path.with_name(path.name + side)
            if there.exists():
                shutil.copyfile(there, copy.with_name(copy.name + side))
        yield copy


def copy_database(source: Path, target: Path, busy_timeout_s: float) -> None:
    """A whole copy of a database as it is at one moment, though others go on writing to it.

    `target` is made (0600) and is one file, without a write-ahead log; sqlite3.Error, OSError.
    """
    private_file(target)
    with (
        closing(connect(source, busy_timeout_s)) as live,
        closing(connect(target, busy_timeout_s)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def refuse_damaged(path: Path) -> None:
    """sqlite3.DatabaseError with SQLite's own words where the database is damaged."""
    with closing(connect(path, 0.0)) as db:
        said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(shortened(str(said)))
