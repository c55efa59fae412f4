from pathlib import Path

import pytest

from accessctl.audit.append import End, HeadFile
from accessctl.audit.chain import NO_RECORD, ChainReader, LogWatch
from accessctl.audit.log import EventLog
from accessctl.audit.schema import GENESIS, link
from accessctl.domain import Event, EventKind
from accessctl.storage.sqlite import connect


def log_of(path: Path, count: int) -> EventLog:
    log = EventLog(path, head=HeadFile(path.with_suffix(".head"), bytes(32)))
    for number in range(1, count + 1):
        log.append(Event(float(number), EventKind.SERVICE, {"state": "tried"}))
    return log


def test_records_as_they_were_hashed(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    log_of(path, 5).close()
    reader = ChainReader(path)
    first, *others = reader.after(0, 10)
    assert first.record == b'[1,1.0,"service",null,"{\\"state\\":\\"tried\\"}"]'
    assert first.hash == link(GENESIS, first.record)
    assert [one.number for one in others] == [2, 3, 4, 5]
    assert [one.number for one in reader.after(2, 2)] == [3, 4]
    assert reader.end() == End(5, others[-1].hash)
    assert (reader.hash_at(1), reader.hash_at(0)) == (first.hash, GENESIS)
    assert reader.hash_at(6) is None


def test_a_log_whose_beginning_was_purged(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    log = log_of(path, 5)
    third = ChainReader(path).hash_at(3)
    assert log.purge(4.0, 100.0) == 3
    log.close()
    reader = ChainReader(path)
    assert reader.beginning() == End(3, third)
    assert (reader.hash_at(3), reader.hash_at(2)) == (third, None)
    assert reader.after(0, 10)[0].number == 4


def test_a_log_is_looked_into_after_it_was_written_and_once_more(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    watch = LogWatch(path)
    assert [watch.may_have_grown() for _ in range(3)] == [True, True, False]
    log = log_of(path, 1)
    assert [watch.may_have_grown() for _ in range(4)] == [True, True, False, False]
    log.append(Event(9.0, EventKind.SERVICE, {"state": "tried"}))
    assert [watch.may_have_grown() for _ in range(3)] == [True, True, False]
    # Another one in its place is seen, too.
    log.close()
    other = tmp_path / "other.sqlite"
    log_of(other, 2).close()
    watch.may_have_grown()
    watch.may_have_grown()
    other.replace(path)
    assert watch.may_have_grown()


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    reader = ChainReader(tmp_path / "events.sqlite")
    assert (reader.end(), reader.beginning(), reader.after(0, 9)) == (
        End(0, GENESIS),
        End(0, GENESIS),
        [],
    )
    assert list(tmp_path.iterdir()) == []


def test_damaged_records_are_read_as_none(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    log_of(path, 2).close()
    db = connect(path, 1.0)
    db.execute("UPDATE event SET time = 'x', hash = NULL WHERE id = 2")
    db.close()
    assert ChainReader(path).after(1, 9)[0].record == NO_RECORD
    assert ChainReader(path).after(1, 9)[0].hash == bytes(32)


@pytest.mark.parametrize("value", [None, "text", b"\0", 7], ids=str)
def test_what_stands_for_a_hash_and_is_none_is_read_as_zeros(tmp_path: Path, value: object) -> None:
    path = tmp_path / "events.sqlite"
    log_of(path, 2).close()
    db = connect(path, 1.0)
    db.execute("UPDATE event SET hash = ?", (value,))
    db.execute("INSERT INTO checkpoint VALUES (1, 0, ?, x'00')", (value or b"",))
    db.close()
    reader = ChainReader(path)
    assert [one.hash for one in reader.after(0, 9)] == [bytes(32)] * 2
    assert reader.end() == End(2, bytes(32))
    assert len(reader.beginning().hash) == 32


def test_what_the_hub_has_not_got_stays(tmp_path: Path) -> None:
    log = log_of(tmp_path / "events.sqlite", 5)
    assert log.purge(100.0, 200.0, unsent_after=0) == 0
    assert log.purge(100.0, 200.0, unsent_after=2) == 2
    assert log.purge(100.0, 200.0) == 3
    log.close()
