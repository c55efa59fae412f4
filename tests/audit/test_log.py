import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.audit.log import PAGE, EventLog
from accessctl.audit.views import as_text, json_lines
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError

MakeEvent = Callable[..., Event]


def numbers(log: EventLog, **filters: Any) -> list[int]:
    return [number for number, _ in log.query(**filters)]


def fill(path: Path, count: int) -> None:
    """Many events in one transaction, which `append` does not offer."""
    db = sqlite3.connect(path)
    db.executemany(
        "INSERT INTO event (time, kind, data) VALUES (?, 'service', '{}')",
        [(float(i),) for i in range(count)],
    )
    db.commit()
    db.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_append_numbers_events_and_query_gives_them_back(log: EventLog, event: MakeEvent) -> None:
    first = event(10.25, person="p1", visit="v1", decision="granted", box=[1, 2.5, None])
    second = event(11, EventKind.SERVICE, state="stopped")
    assert [log.append(first), log.append(second)] == [1, 2]
    assert list(log.query()) == [(1, first), (2, second)]


def test_several_events_are_one_transaction_all_or_none(log: EventLog, event: MakeEvent) -> None:
    first, second = event(1.0), event(2.0)
    log.append_all([first, second])
    assert list(log.query()) == [(1, first), (2, second)]
    with pytest.raises(ValueError, match="JSON"):
        log.append_all([event(3.0), event(4.0, never=float("nan"))])
    assert len(list(log.query())) == 2


def test_filters(log: EventLog, event: MakeEvent) -> None:
    log.append(event(10, person="p1"))
    log.append(event(20, person="p2"))
    log.append(event(30, EventKind.ACTION, person="p1"))
    log.append(event(15, person="p1"))
    log.append(event(40, EventKind.SERVICE))
    assert numbers(log, since=20) == [2, 3, 5]
    assert numbers(log, since=20.5) == [3, 5]
    assert numbers(log, since=41) == []
    assert numbers(log, person=PersonId("p1")) == [1, 3, 4]
    assert numbers(log, person=PersonId("")) == []
    assert numbers(log, kind=EventKind.DECISION) == [1, 2, 4]
    assert numbers(log, after=3) == [4, 5]
    assert numbers(log, limit=2) == [1, 2]
    assert numbers(log, limit=0) == []
    assert numbers(log, since=12, person=PersonId("p1"), kind=EventKind.DECISION) == [4]


def test_numbers_are_never_used_again(path: Path, log: EventLog, event: MakeEvent) -> None:
    for _ in range(3):
        log.append(event())
    db = sqlite3.connect(path)
    db.execute("DELETE FROM event")
    db.commit()
    db.close()
    assert log.append(event()) == 4


def test_query_streams_over_many_pages_and_sees_what_comes_meanwhile(
    path: Path, log: EventLog, event: MakeEvent
) -> None:
    count = PAGE * 2 + 7
    fill(path, count)
    stream = log.query()
    seen = [next(stream)[0] for _ in range(PAGE)]
    log.append(event())
    seen += [number for number, _ in stream]
    assert seen == list(range(1, count + 2))
    assert len(numbers(log, limit=PAGE + 1)) == PAGE + 1


def test_a_paused_reader_does_not_stop_the_write_ahead_log_from_being_folded_in(
    path: Path, log: EventLog, event: MakeEvent
) -> None:
    fill(path, PAGE + 1)
    stream = log.query()
    next(stream)
    log.append(event())
    other = sqlite3.connect(path)
    busy, in_log, folded = other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    other.close()
    stream.close()
    assert busy == 0
    assert in_log == folded


def test_durable_settings(log: EventLog) -> None:
    # 2 is FULL: fsync of the write-ahead log at each commit.
    assert log._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert log._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_bad_data_is_refused_and_nothing_written(log: EventLog, event: MakeEvent) -> None:
    with pytest.raises(ValueError, match="JSON"):
        log.append(event(similarity=float("nan")))
    assert numbers(log) == []


def test_files_are_private_whatever_the_umask(path: Path, event: MakeEvent) -> None:
    old = os.umask(0)
    try:
        log = EventLog(path)
        log.append(event())
        files = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(old)
    log.close()
    assert files == {
        "events.sqlite": 0o600,
        "events.sqlite-wal": 0o600,
        "events.sqlite-shm": 0o600,
    }
    assert mode(path.parent) == 0o700


def test_a_log_that_others_could_read_is_closed_to_them(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        log.append(event())
        for file in path.parent.iterdir():
            file.chmod(0o644)
        with EventLog(path):
            assert {mode(file) for file in path.parent.iterdir()} == {0o600}


def test_a_folder_that_was_there_keeps_its_mode(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    path.parent.chmod(0o755)
    EventLog(path).close()
    assert mode(path.parent) == 0o755


def test_threads_share_one_log(log: EventLog, event: MakeEvent) -> None:
    got: list[int] = []

    def write(who: int) -> None:
        got.extend(log.append(event(who=who, turn=turn)) for turn in range(25))

    threads = [threading.Thread(target=write, args=(who,)) for who in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1, 151))
    written = {(e.data["who"], e.data["turn"]) for _, e in log.query()}
    assert len(written) == 150


def test_opening_a_second_log_leaves_the_locks_of_the_first(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as first, EventLog(path) as second:
        assert first.append(event()) == 1
        assert second.append(event()) == 2
        assert numbers(first) == [1, 2]


def test_locked_by_another_process_is_one_sentence_and_passes(path: Path, event: MakeEvent) -> None:
    with EventLog(path, busy_timeout_s=0.05) as log:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"events\.sqlite is locked by another process; "):
            log.append(event())
        assert numbers(log) == []
        other.execute("ROLLBACK")
        other.close()
        assert log.append(event()) == 1


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("diary\n" * 1000)
    with pytest.raises(StoreError, match="is not an event log"):
        EventLog(path)
    assert path.read_text() == "diary\n" * 1000


def test_a_damaged_file_is_one_sentence(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        for _ in range(8):
            log.append(event(text="x" * 5000))
    content = bytearray(path.read_bytes())
    assert len(content) > 3 * 4096
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged; move it away"), EventLog(path) as log:
        numbers(log)
    with pytest.raises(StoreError, match="is damaged; move it away"), EventLog(path) as log:
        log.append(event())


def test_a_damaged_event_is_named(path: Path, log: EventLog, event: MakeEvent) -> None:
    log.append(event())
    log.append(event())
    db = sqlite3.connect(path)
    db.execute("UPDATE event SET data = '{oops' WHERE id = 2")
    db.commit()
    db.close()
    stream = log.query()
    assert next(stream)[0] == 1
    with pytest.raises(StoreError, match=r"Event 2 of the log .* cannot be read"):
        next(stream)


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be opened; check its folder"):
        EventLog(path)


def test_a_file_in_place_of_the_folder(path: Path) -> None:
    path.parent.write_text("x")
    with pytest.raises(StoreError, match="cannot be used"):
        EventLog(path)


@pytest.mark.parametrize("what", ["moved", "removed", "replaced"])
def test_a_log_taken_away_while_in_use_is_noticed(path: Path, event: MakeEvent, what: str) -> None:
    with EventLog(path) as log:
        log.append(event())
        aside = path.with_name("aside")
        path.rename(aside)
        if what == "replaced":
            path.touch()
        if what == "removed":
            aside.unlink()
        with pytest.raises(StoreError, match="moved or replaced while in use"):
            log.append(event())
        if what != "removed":
            aside.replace(path)
            assert log.append(event()) == 2


def test_closed_is_one_sentence(path: Path, event: MakeEvent) -> None:
    log = EventLog(path)
    log.close()
    log.close()
    with pytest.raises(StoreError, match=r"cannot be used \(Cannot operate on a closed database\)"):
        log.append(event())


def test_odd_characters_in_the_path(tmp_path: Path, event: MakeEvent) -> None:
    path = tmp_path / "Tür #1 ?mode=ro&x=%41" / "log.sqlite"
    with EventLog(path) as log:
        assert log.append(event()) == 1
    assert path.exists()


def test_a_schema_that_is_no_text_is_damage(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        log.append(event())
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE event", b"CREATE TAB\xff\xfe event"))
    with pytest.raises(StoreError, match="is damaged; move it away"):
        EventLog(path)


def test_a_record_that_is_no_text_is_damage(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        log.append(event(visit="abcdef"))
        path.write_bytes(_folded_in(path).replace(b"abcdef", b"\xff\x1b[2J\n"))
        with pytest.raises(StoreError, match="is damaged; move it away"):
            list(log.query())


def _folded_in(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_damaged_bytes_are_read_or_refused_with_a_sentence(
    path: Path, event: MakeEvent, changes: list[tuple[int, int]]
) -> None:
    path.parent.mkdir(exist_ok=True)
    for file in path.parent.iterdir():
        file.unlink()
    with EventLog(path) as log:
        for number in range(5):
            log.append(event(1000.0 + number, person="p1", visit="abc", figures=[0.5, None]))
        content = bytearray(_folded_in(path))
    # What is zero says little: most of a small database is.
    telling = [place for place, value in enumerate(content) if value]
    for place, value in changes:
        content[telling[place % len(telling)]] = value
    for file in path.parent.iterdir():
        file.unlink()
    path.write_bytes(content)
    for use in (
        lambda log: list(json_lines(log.records(), lambda _: None)),
        lambda log: [as_text(found, lambda _: None) for _, found in log.query(since=1.0)],
        lambda log: log.verify(),
        lambda log: log.append(event(2000.0)),
    ):
        try:
            with EventLog(path) as log:
                use(log)
        except StoreError as error:
            assert str(error).isprintable()  # noqa: PT017 - whether it is refused is free
