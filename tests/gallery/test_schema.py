import sqlite3

import pytest

from accessctl.errors import StoreError
from accessctl.gallery.schema import APPLICATION_ID, MIGRATIONS, migrate


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
