"""Each way to falsify the log, and the record that gives it away."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.audit.append import End, HeadFile, append, last_end
from accessctl.audit.log import EventLog
from accessctl.audit.schema import link, record_bytes
from accessctl.audit.verify import LogReport, RecordFinding
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError

MakeEvent = Callable[..., Event]
RECORDS = 10


@pytest.fixture
def full(sealed: EventLog, event: MakeEvent) -> EventLog:
    for number in range(1, RECORDS + 1):
        sealed.append(event(1000.0 + number, person="p1", visit=f"v{number}"))
    return sealed


def falsify(path: Path, *statements: str | tuple[str, tuple[int, ...]]) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(*(statement if isinstance(statement, tuple) else (statement,)))
    db.commit()
    db.close()


def rebuild(path: Path) -> None:
    """Compute every hash anew, as somebody without the key can."""
    db = sqlite3.connect(path)
    digest = bytes.fromhex(GENESIS_HEX)
    for number, *row in db.execute(
        "SELECT id, time, kind, person, data FROM event ORDER BY id"
    ).fetchall():
        digest = link(digest, record_bytes(number, *row))
        db.execute("UPDATE event SET hash = ? WHERE id = ?", (digest, number))
    db.commit()
    db.close()


# sha256sum of "accessctl event log 1", computed with coreutils.
GENESIS_HEX = "6771802746d5f769890c7a782241e72929101ad032077f3b2bcb48d80cf37fa0"


def test_an_honest_log(full: EventLog) -> None:
    assert full.verify() == LogReport(RECORDS, 0, RECORDS, RECORDS, None, (), False)


def test_an_empty_log(log: EventLog) -> None:
    assert log.verify() == LogReport(0, 0, 0, None, None, (), False)


def test_one_byte_changed(path: Path, full: EventLog) -> None:
    falsify(path, "UPDATE event SET data = replace(data, 'v4', 'v5') WHERE id = 4")
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == 4
    assert "not what was written" in broken.problem


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET time = 1.0 WHERE id = 7",
        "UPDATE event SET kind = 'action' WHERE id = 7",
        "UPDATE event SET person = NULL WHERE id = 7",
        "UPDATE event SET person = 'p2' WHERE id = 7",
        "UPDATE event SET hash = NULL WHERE id = 7",
    ],
)
def test_any_column_changed(path: Path, full: EventLog, change: str) -> None:
    falsify(path, change)
    assert full.verify().broken == RecordFinding(
        7, "it is not what was written, or not where it was written"
    )


def test_a_changed_record_with_a_fresh_hash_shows_in_the_next(path: Path, full: EventLog) -> None:
    db = sqlite3.connect(path)
    (before,) = db.execute("SELECT hash FROM event WHERE id = 3").fetchone()
    row = (1.0, "decision", None, "{}")
    db.execute(
        "UPDATE event SET time = ?, kind = ?, person = ?, data = ?, hash = ? WHERE id = 4",
        (*row, link(before, record_bytes(4, *row))),
    )
    db.commit()
    db.close()
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == 5


def test_a_record_removed(path: Path, full: EventLog) -> None:
    falsify(path, "DELETE FROM event WHERE id = 4")
    assert full.verify().broken == RecordFinding(4, "it is missing")


def test_a_record_removed_and_the_others_moved_up(path: Path, full: EventLog) -> None:
    falsify(
        path,
        "DELETE FROM event WHERE id = 4",
        *(("UPDATE event SET id = ? WHERE id = ?", (n - 1, n)) for n in range(5, RECORDS + 1)),
    )
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == 4


@pytest.mark.parametrize("first_left_out", range(1, RECORDS + 1))
def test_the_tail_cut(path: Path, full: EventLog, first_left_out: int) -> None:
    falsify(
        path,
        ("DELETE FROM event WHERE id >= ?", (first_left_out,)),
        "DELETE FROM sqlite_sequence",
    )
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == first_left_out
    assert "there were 10 records" in broken.problem


def test_the_tail_cut_shows_without_a_head_once_more_is_written(
    path: Path, log: EventLog, event: MakeEvent
) -> None:
    for _ in range(3):
        log.append(event())
    falsify(path, "DELETE FROM event WHERE id = 3")
    log.append(event())
    assert log.verify().broken == RecordFinding(3, "it is missing")


def test_two_records_swapped(path: Path, full: EventLog) -> None:
    falsify(
        path,
        "UPDATE event SET id = 99 WHERE id = 4",
        "UPDATE event SET id = 4 WHERE id = 5",
        "UPDATE event SET id = 5 WHERE id = 99",
    )
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == 4


def test_the_beginning_cut(path: Path, full: EventLog) -> None:
    falsify(path, "DELETE FROM event WHERE id <= 3")
    assert full.verify().broken == RecordFinding(1, "it is missing")


def test_a_forged_checkpoint(path: Path, full: EventLog) -> None:
    falsify(
        path,
        "INSERT INTO checkpoint SELECT 1, id, hash, zeroblob(32) FROM event WHERE id = 3",
        "DELETE FROM event WHERE id <= 3",
    )
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == 4
    assert "without the audit key" in broken.problem


def test_a_chain_made_anew_does_not_fit_the_head(path: Path, full: EventLog) -> None:
    falsify(path, "UPDATE event SET person = 'p2' WHERE id = 4")
    rebuild(path)
    assert full.verify().broken == RecordFinding(
        RECORDS, "it is not the record that the head was sealed with"
    )


def test_a_record_put_in_by_another_program(path: Path, full: EventLog, event: MakeEvent) -> None:
    falsify(path, "INSERT INTO event (time, kind, data) VALUES (1.0, 'service', '{}')")
    full.append(event())
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == RECORDS + 1


def test_records_after_the_head_are_told_of(path: Path, full: EventLog, event: MakeEvent) -> None:
    """So a crash between the two writes is no alarm."""
    with EventLog(path) as without_head:
        without_head.append(event())
    report = full.verify()
    assert (report.last, report.covered, report.alarm) == (RECORDS + 1, RECORDS, False)


def test_a_cut_that_is_written_over_stays_visible(
    path: Path, full: EventLog, event: MakeEvent
) -> None:
    falsify(path, "DELETE FROM event WHERE id >= 8", "DELETE FROM sqlite_sequence")
    for _ in range(5):
        full.append(event(2000.0))
    report = full.verify()
    assert report.broken is None
    assert report.noticed == (RecordFinding(8, "records were cut off"),)
    assert report.alarm
    assert [e.data for _, e in full.query(after=7, limit=1)] == [
        {"state": "audit_mismatch", "head": 10, "last": 7, "problem": "records were cut off"}
    ]


def test_a_chain_made_anew_and_continued_stays_visible(
    path: Path, full: EventLog, event: MakeEvent
) -> None:
    falsify(path, "UPDATE event SET person = 'p2' WHERE id = 4")
    rebuild(path)
    full.append(event())
    assert full.verify().noticed == (RecordFinding(RECORDS + 1, "records were replaced"),)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [(Path.unlink, "is missing"), (lambda path: path.write_bytes(b"x" * 400), "is damaged")],
)
def test_a_head_that_is_gone_or_damaged(
    full: EventLog, head: HeadFile, event: MakeEvent, harm: Callable[[Path], object], problem: str
) -> None:
    harm(head.path)
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == RECORDS
    assert problem in broken.problem
    full.append(event())
    report = full.verify()
    assert report.broken is None
    assert report.alarm
    assert [finding.number for finding in report.noticed] == [RECORDS + 1]


def test_the_first_head_of_an_older_log_is_no_alarm(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        log.append(event())
    with EventLog(path, head=HeadFile(path.with_name("head"), b"k" * 32, is_new=True)) as log:
        log.append(event())
        report = log.verify()
    assert [finding.number for finding in report.noticed] == [2]
    assert (report.covered, report.alarm) == (3, False)


def test_a_head_that_cannot_be_written_does_not_refuse_the_event(
    path: Path, event: MakeEvent
) -> None:
    """It is on the disk by then; refusing it would make the log say what was not done."""
    head = HeadFile(path.parent, b"k" * 32)
    with EventLog(path, head=head) as log:
        assert log.append(event()) == 1


def test_an_older_log_is_chained_when_opened(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        for _ in range(3):
            log.append(event())
        hashes = [digest for _, _, digest in log.records()]
    falsify(
        path,
        "DROP TABLE checkpoint",
        "DROP TABLE clock",
        "ALTER TABLE event DROP COLUMN hash",
        "PRAGMA user_version = 1",
    )
    with EventLog(path) as log:
        assert [digest for _, _, digest in log.records()] == hashes
        log.append(event())
        assert log.verify().broken is None


def test_a_damaged_record_of_an_older_log_is_named(path: Path, event: MakeEvent) -> None:
    with EventLog(path) as log:
        for _ in range(3):
            log.append(event())
    falsify(
        path,
        "UPDATE event SET data = x'ff00' WHERE id = 2",
        "DROP TABLE checkpoint",
        "DROP TABLE clock",
        "ALTER TABLE event DROP COLUMN hash",
        "PRAGMA user_version = 1",
    )
    with EventLog(path) as log:
        broken = log.verify().broken
    assert broken is not None
    assert broken.number == 2


TAMPER = st.one_of(
    st.tuples(st.just("byte"), st.integers(1, 6), st.integers(0, 10_000), st.integers(1, 255)),
    st.tuples(st.just("remove"), st.integers(1, 6), st.just(0), st.just(0)),
    st.tuples(st.just("swap"), st.integers(1, 6), st.integers(1, 5), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(TAMPER)
def test_no_change_goes_unseen(
    tmp_path_factory: pytest.TempPathFactory, tamper: tuple[str, int, int, int]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    head = HeadFile(folder / "head", b"k" * 32)
    kind, number, other, bits = tamper
    with EventLog(folder / "events.sqlite", head=head) as log:
        for turn in range(6):
            log.append(Event(float(turn), EventKind.DECISION, {"turn": turn}))
        db = sqlite3.connect(folder / "events.sqlite")
        if kind == "byte":
            (data,) = db.execute("SELECT data FROM event WHERE id = ?", (number,)).fetchone()
            spoilt = bytearray(data.encode())
            spoilt[other % len(spoilt)] ^= bits
            db.execute("UPDATE event SET data = ? WHERE id = ?", (bytes(spoilt), number))
        elif kind == "remove":
            db.execute("DELETE FROM event WHERE id = ?", (number,))
        else:
            second = (number + other - 1) % 6 + 1
            query = "SELECT time, kind, data, hash FROM event WHERE id = ?"
            rows = {n: db.execute(query, (n,)).fetchone() for n in (number, second)}
            for here, there in ((number, second), (second, number)):
                db.execute(
                    "UPDATE event SET time = ?, kind = ?, data = ?, hash = ? WHERE id = ?",
                    (*rows[there], here),
                )
            number = min(number, second)
        db.commit()
        db.close()
        broken = log.verify().broken
    assert broken is not None
    assert broken.number == number


def test_appending_after_everything_was_deleted(path: Path, full: EventLog) -> None:
    falsify(path, "DELETE FROM event")
    db = sqlite3.connect(path, isolation_level=None)
    assert last_end(db).number == 0
    end = append(db, (1.0, "service", None, "{}"), None)
    db.close()
    assert end.number == RECORDS + 1
    assert isinstance(end, End)
    assert full.verify().broken == RecordFinding(1, "it is missing")


ODD = ["NULL", "-1", "9223372036854775807", "'x'", "1e999", "x''", "'{}'", "'[\"audit_\"]'"]
PLACES = [("event", column) for column in ("id", "time", "kind", "person", "data", "hash")]
PLACES += [("checkpoint", column) for column in ("through", "hash", "seal")]
PLACES += [("sqlite_sequence", "seq")]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(("table", "column"), PLACES)
def test_whatever_is_put_where_is_seen_or_harmless(
    path: Path, full: EventLog, event: MakeEvent, table: str, column: str, value: str
) -> None:
    full.purge(1003.0, 2000.0)
    where = " WHERE id = 7" if table == "event" else ""
    try:
        falsify(path, f"UPDATE {table} SET {column} = {value}{where}")  # noqa: S608
    except sqlite3.Error:
        return  # the table itself does not take that
    report = full.verify()
    # SQLite's own memory of the last number says nothing about what was written.
    assert report.alarm is (table != "sqlite_sequence")
    try:
        number = full.append(event(3000.0))
    except StoreError as error:
        assert str(error).isprintable()  # noqa: PT017 - whether it is refused is free
    else:
        assert number > report.last


def test_what_the_log_says_of_itself_cannot_steer_the_terminal(path: Path, full: EventLog) -> None:
    said = '{"problem":"\\u001b[2J\\n","state":"audit_mismatch"}'
    falsify(path, f"UPDATE event SET kind = 'service', data = '{said}' WHERE id = 3")  # noqa: S608
    (noticed,) = full.verify().noticed
    assert noticed.number == 3
    assert noticed.problem.isprintable()


def test_records_that_are_nested_without_end_are_read_over(path: Path, full: EventLog) -> None:
    deep = '"audit_"' + "[" * 100_000
    falsify(path, f"UPDATE event SET kind = 'service', data = '{deep}' WHERE id = 3")  # noqa: S608
    broken = full.verify().broken
    assert broken is not None
    assert broken.number == 3
