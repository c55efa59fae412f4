import sqlite3
from pathlib import Path

import pytest

from accessctl.audit.log import EventLog
from accessctl.audit.schema import APPLICATION_ID, MIGRATIONS, migrate
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError


def pragma(path: Path, name: str) -> int:
    db = sqlite3.connect(path)
    try:
        return int(db.execute(f"PRAGMA {name}").fetchone()[0])
    finally:
        db.close()


def write(path: Path, *statements: str) -> None:
    path.parent.mkdir(exist_ok=True)
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_a_new_file_is_marked(path: Path, log: EventLog) -> None:
    assert pragma(path, "user_version") == len(MIGRATIONS)
    assert pragma(path, "application_id") == APPLICATION_ID


def test_opening_again_changes_nothing(path: Path) -> None:
    for _ in range(2):
        with EventLog(path) as log:
            log.append(Event(1, EventKind.SERVICE))
    with EventLog(path) as log:
        assert [number for number, _ in log.query()] == [1, 2]


def test_an_older_file_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EventLog(path) as log:
        log.append(Event(1, EventKind.SERVICE))
    monkeypatch.setattr(
        "accessctl.audit.schema.MIGRATIONS",
        (*MIGRATIONS, ("ALTER TABLE event ADD COLUMN note TEXT",)),
    )
    with EventLog(path) as log:
        assert [number for number, _ in log.query()] == [1]
    assert pragma(path, "user_version") == len(MIGRATIONS) + 1


def test_a_log_from_before_there_were_chains_is_chained(path: Path) -> None:
    first = [step for step in MIGRATIONS[0] if isinstance(step, str)]
    row = "INSERT INTO event (time, kind, person, data) VALUES (1.0, 'service', NULL, '{}')"
    write(path, *first, row, row, "PRAGMA user_version = 1")
    with EventLog(path) as log:
        assert [number for number, _ in log.query()] == [1, 2]
        report = log.verify()
    assert (report.records, report.broken) == (2, None)
    assert pragma(path, "user_version") == len(MIGRATIONS)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    EventLog(path).close()
    monkeypatch.setattr(
        "accessctl.audit.schema.MIGRATIONS",
        (*MIGRATIONS, ("CREATE TABLE half (a)", "CREATE NONSENSE")),
    )
    with pytest.raises(StoreError):
        EventLog(path)
    monkeypatch.undo()
    with EventLog(path) as log:
        log.append(Event(1, EventKind.SERVICE))
    assert pragma(path, "user_version") == len(MIGRATIONS)


def test_a_file_of_a_newer_accessctl_is_refused(path: Path) -> None:
    EventLog(path).close()
    write(path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer accessctl"):
        EventLog(path)


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    write(path, "CREATE TABLE song (title)", "INSERT INTO song VALUES ('x')")
    with pytest.raises(StoreError, match="not an event log"):
        EventLog(path)
    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("song",)]
    db.close()


def test_an_empty_file_becomes_a_log(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with EventLog(path) as log:
        assert log.append(Event(1, EventKind.SERVICE)) == 1


def test_migrating_twice_is_harmless(path: Path, log: EventLog) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    migrate(db, path)
    db.close()


def test_waits_for_whoever_creates_the_same_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.touch()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE half (a)")
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.execute("ROLLBACK")

    monkeypatch.setattr("accessctl.storage.sqlite.time.sleep", sleep)
    with EventLog(path, busy_timeout_s=5) as log:
        assert log.append(Event(1, EventKind.SERVICE)) == 1
    other.close()
    assert len(waits) == 3


def test_does_not_wait_for_ever(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="is locked by another process"):
        EventLog(path, busy_timeout_s=0.1)
    other.close()
