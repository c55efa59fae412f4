import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from accessctl.config import HubConfig
from accessctl.errors import ConfigError, StoreError
from accessctl.hub.database import HubDatabase, database_url, open_database
from accessctl.hub.tables import DOOR, JOINED, METADATA


@pytest.fixture
def database(unused_config: HubConfig):
    opened = open_database(unused_config, {})
    yield opened
    opened.close()


def test_the_migrations_make_what_the_tables_say(database: HubDatabase) -> None:
    with database.reading() as db:
        assert compare_metadata(MigrationContext.configure(db), METADATA) == []


def test_opened_again_nothing_is_migrated(database: HubDatabase, unused_config: HubConfig) -> None:
    again = open_database(unused_config, {})
    again.check()
    again.close()


def test_one_of_a_newer_release_is_left_alone(database, unused_config: HubConfig) -> None:
    with database.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="has version 9999, which this accessctl does not know"):
        open_database(unused_config, {})


def put(database: HubDatabase, *doors: str, fail: bool = False) -> None:
    with database.writing() as db:
        for door in doors:
            db.execute(DOOR.insert().values(id=door, name="front", state=JOINED, joined=0.0))
        if fail:
            raise RuntimeError


def test_a_transaction_that_raises_leaves_nothing(database: HubDatabase) -> None:
    with pytest.raises(RuntimeError):
        put(database, "1", fail=True)
    with pytest.raises(StoreError, match="cannot be used"):
        put(database, "1", "2")
    with database.reading() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM door").scalar_one() == 0


def test_whoever_reads_cannot_write(database: HubDatabase) -> None:
    """On SQLite a reader has no lock to write with, on PostgreSQL the transaction says so."""
    if database.is_embedded:
        pytest.skip("SQLite knows no transaction that may only read")
    with pytest.raises(StoreError, match="read-only"), database.reading() as db:
        db.exec_driver_sql("DELETE FROM door")


def test_the_embedded_file_is_private(tmp_path: Path) -> None:
    opened = open_database(HubConfig(folder=tmp_path / "hub"), {})
    opened.close()
    file = tmp_path / "hub" / "hub.sqlite"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE theirs (id)")
    with pytest.raises(StoreError, match="another program's database"):
        open_database(HubConfig(folder=tmp_path), {})
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


def kept(path: Path, text: str, mode: int = 0o600) -> Path:
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text)
    return path


def test_where_the_url_comes_from(tmp_path: Path) -> None:
    file = kept(tmp_path / "url", "postgresql://hub:secret@db:5433/site\n")
    config = HubConfig(database_file=file)
    url = database_url(config, {})
    assert (url.drivername, url.host, url.port, url.database) == (
        "postgresql+psycopg",
        "db",
        5433,
        "site",
    )
    assert database_url(HubConfig(), {}) is None
    kept(tmp_path / "accessctl-hub-database", "postgresql://hub@elsewhere/site", 0o640)
    found = database_url(config, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found.host == "elsewhere"


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("postgresql://hub@db/site", 0o644, "can be read by other users; run: chmod 600"),
        ("", 0o600, "holds no URL of a database"),
        ("nonsense", 0o600, "holds no URL of a database"),
        ("mysql://hub@db/site", 0o600, "names a database of mysql; the hub works on PostgreSQL"),
        ("sqlite:///x", 0o600, "names a database of sqlite"),
    ],
)
def test_a_url_that_cannot_be_used(tmp_path: Path, text: str, mode: int, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        database_url(HubConfig(database_file=kept(tmp_path / "url", text, mode)), {})


def test_a_url_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file"):
        database_url(HubConfig(database_file=tmp_path / "url"), {})


def test_a_server_that_is_not_there_is_told_of_without_the_password(tmp_path: Path) -> None:
    url = kept(tmp_path / "url", "postgresql://hub:hunter2@127.0.0.1:1/site")
    with pytest.raises(StoreError, match=r"site at 127\.0\.0\.1 cannot be used") as told:
        open_database(HubConfig(folder=tmp_path, database_file=url), {})
    assert "hunter2" not in str(told.value)
