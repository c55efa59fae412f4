import sqlite3
from pathlib import Path

import pytest

from accessctl.errors import StoreError
from accessctl.gallery.schema import APPLICATION_ID, MIGRATIONS, migrate, reported


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_a_new_file_gets_tables_version_and_mark(db: sqlite3.Connection) -> None:
    migrate(db, b"check")
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert db.execute("SELECT revision, key_check FROM state").fetchall() == [(0, b"check")]


def test_a_second_time_changes_nothing(db: sqlite3.Connection) -> None:
    migrate(db, b"check")
    db.execute("UPDATE state SET revision = 7")
    migrate(db, b"other")
    assert db.execute("SELECT revision, key_check FROM state").fetchall() == [(7, b"check")]


def tables(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_gallery_of_every_older_version_becomes_the_newest(
    db: sqlite3.Connection, version: int
) -> None:
    for statement in (line for lines in MIGRATIONS[:version] for line in lines):
        db.execute(statement)
    db.execute("INSERT INTO state (id, revision, key_check) VALUES (1, 7, ?)", (b"old check",))
    db.execute("INSERT INTO person VALUES ('ada', 'Ada', 'ada', 5.0)")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {version}")
    migrate(db, b"check")
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    migrate(fresh, b"check")
    assert tables(db) == tables(fresh)
    fresh.close()
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert db.execute("SELECT revision, key_check FROM state").fetchall() == [(7, b"old check")]
    assert db.execute("SELECT name FROM person").fetchall() == [("Ada",)]


def test_another_programs_database_is_left_alone(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(StoreError, match="another program's"):
        migrate(db, b"check")
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("notes",)]


def test_a_newer_gallery_is_left_alone(db: sqlite3.Connection) -> None:
    migrate(db, b"check")
    db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="install a newer"):
        migrate(db, b"check")
    assert not db.in_transaction


def test_a_failing_migration_leaves_nothing(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        migrate(db, b"check")
    assert not db.in_transaction
    assert db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def run_read_only(path: Path) -> None:
    sqlite3.connect(path).close()
    path.write_bytes(b"")
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        db.execute("CREATE TABLE t (x)")
    finally:
        db.close()


def run_full(path: Path) -> None:
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA max_page_count = 2")
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (zeroblob(100000))")
    finally:
        db.close()


def run_not_a_database(path: Path) -> None:
    path.write_bytes(b"no database " * 100)
    db = sqlite3.connect(path)
    try:
        db.execute("SELECT * FROM sqlite_schema")
    finally:
        db.close()


def run_cannot_open(path: Path) -> None:
    sqlite3.connect(path / "below" / "a file")


def run_locked(path: Path) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
    finally:
        holder.close()
        other.close()


def run_nonsense(path: Path) -> None:
    db = sqlite3.connect(path)
    try:
        db.execute("SELECT * FROM missing")
    finally:
        db.close()


def run_os_error(path: Path) -> None:
    (path / "x").read_bytes()


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (run_read_only, "cannot be written; check its owner"),
        (run_full, "disk of .* is full; free some space"),
        (run_not_a_database, "is damaged or not a gallery"),
        (run_cannot_open, "cannot be opened"),
        (run_locked, "in use by another process"),
        (run_nonsense, "no such table: missing"),
        (run_os_error, "No such file"),
    ],
)
def test_real_errors_become_sentences(run, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "gallery.sqlite"
    with pytest.raises(StoreError, match=sentence) as caught, reported(path):
        run(path)
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is not None


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(KeyError), reported(tmp_path):
        raise KeyError
