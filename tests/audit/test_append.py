import hashlib
import hmac
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.append import End, HeadFile, append, last_end
from accessctl.audit.log import EventLog
from accessctl.audit.schema import GENESIS, link, record_bytes, row_of
from accessctl.domain import Event
from accessctl.errors import StoreError

TOO_LARGE = b"accessctl head 1 %s %s %s\n" % (b"9" * 20, b"a" * 64, b"b" * 64)
ENDS = [End(number, bytes([number]) * 32) for number in range(1, 5)]


def test_the_latest_end_is_read_back_and_the_file_is_private(head: HeadFile) -> None:
    assert not head.exists()
    for end in ENDS:
        head.write(end)
        assert head.read() == end
    assert stat.S_IMODE(head.path.stat().st_mode) == 0o600


def test_a_torn_write_leaves_the_end_before(head: HeadFile) -> None:
    for end in ENDS[:2]:
        head.write(end)
    content = bytearray(head.path.read_bytes())
    content[20] ^= 1  # in the slot of number 2, the first one
    head.path.write_bytes(content)
    assert head.read() == ENDS[0]


def test_a_late_write_of_another_process_does_not_take_it_back(head: HeadFile) -> None:
    head.write(ENDS[2])
    head.write(ENDS[1])
    assert head.read() == ENDS[2]


def test_nobody_makes_one_without_the_key(head: HeadFile) -> None:
    HeadFile(head.path, b"x" * 32).write(ENDS[0])
    assert head.read() is None


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 1000, b"accessctl head 1 x y z\n", b"\xff" * 340, TOO_LARGE]
)
def test_rubbish_is_no_head(head: HeadFile, content: bytes) -> None:
    head.path.parent.mkdir()
    head.path.write_bytes(content)
    assert head.read() is None


def test_a_seal_is_for_one_purpose(head: HeadFile) -> None:
    seal = head.seal(b"one", ENDS[0])
    message = b"one\0" + bytes([0] * 7 + [1]) + ENDS[0].hash
    assert seal == hmac.new(b"k" * 32, message, hashlib.sha256).digest()
    assert head.vouches(b"one", ENDS[0], seal)
    assert not head.vouches(b"two", ENDS[0], seal)
    assert not head.vouches(b"one", ENDS[1], seal)


MakeEvent = Callable[..., Event]


@pytest.fixture
def db(path: Path, log: EventLog):
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_each_record_continues_the_one_before(
    db: sqlite3.Connection, head: HeadFile, event: MakeEvent
) -> None:
    assert last_end(db) == End(0, GENESIS)
    digest = GENESIS
    for number in (1, 2, 3):
        row = row_of(event(person="p", turn=number))
        digest = link(digest, record_bytes(number, *row))
        assert append(db, row, head) == End(number, digest) == last_end(db) == head.read()


def test_what_fails_leaves_log_and_head_as_they_were(
    db: sqlite3.Connection, head: HeadFile, event: MakeEvent
) -> None:
    end = append(db, row_of(event()), head)

    def fail(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("no more")

    with pytest.raises(sqlite3.OperationalError):
        append(db, row_of(event()), head, also=fail)
    assert not db.in_transaction
    assert last_end(db) == end == head.read()
    assert append(db, row_of(event()), head).number == 2


def test_a_head_that_lags_behind_is_no_oddity(
    db: sqlite3.Connection, head: HeadFile, event: MakeEvent
) -> None:
    append(db, row_of(event()), head)
    append(db, row_of(event()), None)
    assert append(db, row_of(event()), head).number == 3
    assert head.read() == last_end(db)


def fill(log: EventLog, event: MakeEvent, *times: float) -> None:
    for time in times:
        log.append(event(time, secret=f"secret{time:g}"))


def test_the_oldest_go_and_the_rest_still_verifies(sealed: EventLog, event: MakeEvent) -> None:
    fill(sealed, event, 10, 20, 30, 40)
    assert sealed.purge(30, 100.0) == 2
    assert [number for number, _ in sealed.query()] == [3, 4, 5]
    ((_, told),) = sealed.query(after=4)
    assert told.time == 100.0
    assert told.data == {"state": "audit_purged", "through": 2, "records": 2}
    report = sealed.verify()
    assert (report.records, report.purged, report.covered, report.alarm) == (3, 2, 5, False)
    assert sealed.append(event()) == 6
    assert sealed.purge(35, 200.0) == 1
    assert sealed.verify().broken is None


def test_a_younger_record_keeps_those_after_it(sealed: EventLog, event: MakeEvent) -> None:
    """The clock was set back after the first: only a beginning may go."""
    fill(sealed, event, 50, 10, 20)
    assert sealed.purge(30, 100.0) == 0
    assert [number for number, _ in sealed.query()] == [1, 2, 3]


def test_everything_may_go_but_the_word_about_it(sealed: EventLog, event: MakeEvent) -> None:
    fill(sealed, event, 10, 20)
    assert sealed.purge(1000, 2000.0) == 2
    assert [event.data["state"] for _, event in sealed.query()] == ["audit_purged"]
    assert sealed.verify().broken is None


def test_nothing_of_it_stays_in_the_files(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    fill(sealed, event, 10, 20, 1000)
    sealed.purge(500, 2000.0)
    sealed.close()
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"secret1000" in content
    assert b'secret10"' not in content
    assert b'secret20"' not in content


def test_a_broken_log_is_kept_as_evidence(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    fill(sealed, event, 10, 20, 30)
    db = sqlite3.connect(path)
    db.execute("UPDATE event SET time = 11 WHERE id = 1")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="broken at record 1"):
        sealed.purge(25, 100.0)
    assert len(list(sealed.query())) == 3


def test_without_the_key_nothing_goes(log: EventLog, event: MakeEvent) -> None:
    fill(log, event, 10)
    with pytest.raises(StoreError, match="audit key"):
        log.purge(20, 100.0)


def test_many_go_in_slices_between_which_others_may_write(
    sealed: EventLog, event: MakeEvent
) -> None:
    fill(sealed, event, *range(8))
    written: list[int] = []

    def pause() -> None:
        written.append(sealed.append(event(500.0)))

    assert sealed.trim(7.0, None, 1000.0, pause, at_once=3) == 7
    # Slices of 3, 3 and 1, each told of, and one event between.
    assert [number for number, _ in sealed.query()] == [8, 9, 10, 11, 12, 13, 14]
    assert written == [10, 12, 14]
    told = [e.data for _, e in sealed.query() if e.data.get("state") == "audit_purged"]
    assert [(data["through"], data["records"]) for data in told] == [(3, 3), (6, 3), (7, 1)]
    report = sealed.verify()
    assert (report.records, report.purged, report.covered, report.alarm) == (7, 7, 14, False)


def test_a_pause_that_raises_ends_it_between_two_slices(sealed: EventLog, event: MakeEvent) -> None:
    fill(sealed, event, *range(6))

    def stop() -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        sealed.trim(5.0, None, 1000.0, stop, at_once=2)
    assert [number for number, _ in sealed.query()] == [3, 4, 5, 6, 7]
    assert sealed.verify().alarm is False
    assert sealed.trim(5.0, None, 1000.0) == 3


def test_size_counts_what_is_in_use(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for time in range(200):
        sealed.append(event(float(time), filling="x" * 4000))
    # All of it in the file, not in the write-ahead log.
    sealed._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    full = path.stat().st_size
    assert full > 800_000
    gone = sealed.trim(None, 400_000, 1000.0)
    # Half of the bytes, so about half of the records, oldest first.
    assert 90 <= gone <= 120
    assert next(number for number, _ in sealed.query()) == gone + 1
    # What the tables take beside the records is an estimate, and the word about it takes room.
    assert sealed.trim(None, 400_000, 1000.0) <= 5
    assert sealed.trim(None, 10_000_000, 1000.0) == 0
    for time in range(200, 290):
        sealed.append(event(float(time), filling="x" * 4000))
    # What was freed is used again: the file has grown by less than a tenth of what was written.
    assert path.stat().st_size <= full + 36_000
    assert sealed.verify().broken is None


def test_neither_limit_removes_nothing(log: EventLog, event: MakeEvent) -> None:
    fill(log, event, 10)
    assert log.trim(None, None, 100.0) == 0


def test_a_purge_killed_before_its_head_is_no_alarm(
    sealed: EventLog, head: HeadFile, event: MakeEvent
) -> None:
    fill(sealed, event, 10, 20)
    before = head.path.read_bytes()
    fill(sealed, event, 30)
    sealed.purge(25, 100.0)
    head.path.write_bytes(before)
    assert sealed.verify().alarm is False
    sealed.append(event())
    report = sealed.verify()
    assert (report.alarm, report.noticed, report.covered) == (False, (), 5)
