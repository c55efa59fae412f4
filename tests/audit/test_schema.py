import errno
import hashlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.log import EventLog
from accessctl.audit.schema import (
    APPLICATION_ID,
    GENESIS,
    MAX_BYTES,
    MAX_INTEGER,
    MIGRATIONS,
    check_sent,
    event_of,
    link,
    migrate,
    record_bytes,
    reported,
    row_of,
)
from accessctl.domain import Event, EventKind, Outcome, PersonId
from accessctl.errors import StoreError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters())
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)
EVENTS = st.builds(
    Event,
    time=st.floats(0, 253402214400.0),
    kind=st.sampled_from(EventKind),
    data=st.dictionaries(st.text(), JSON, max_size=6),
    person=st.none() | st.uuids().map(lambda value: PersonId(value.hex)),
)


@given(EVENTS)
def test_what_is_written_is_what_is_read(event: Event) -> None:
    assert event_of(row_of(event)) == event


def test_keys_are_sorted_and_the_text_is_ascii() -> None:
    event = Event(1.5, EventKind.SERVICE, {"b": 1, "a": {"z": "é", "y": None}}, PersonId("p1"))
    assert row_of(event) == (1.5, "service", "p1", '{"a":{"y":null,"z":"\\u00e9"},"b":1}')


def test_order_of_keys_does_not_matter() -> None:
    one = Event(1, EventKind.ACTION, {"a": 1, "b": 2})
    other = Event(1, EventKind.ACTION, {"b": 2, "a": 1})
    assert row_of(one) == row_of(other)


def test_words_of_the_house_and_tuples_are_taken() -> None:
    data = {"decision": Outcome.GRANTED, "box": (1, 2)}
    assert row_of(Event(1, EventKind.DECISION, data))[3] == '{"box":[1,2],"decision":"granted"}'


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


circular: dict[str, Any] = {}
circular["self"] = circular


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"x": float("nan")}, "nan"),
        ({"x": [float("inf")]}, "inf"),
        ({1: "x"}, "key that is not a string: 1"),
        ({"x": {None: 1}}, "key that is not a string: None"),
        ({"x": b"bytes"}, "a bytes"),
        ({"x": {1, 2}}, "a set"),
        ({"x": object()}, "a object"),
        ({"x": nested(20)}, "nested deeper"),
        (circular, "nested deeper"),
        ({"x": "y" * MAX_BYTES}, "may take 65536 bytes"),
    ],
)
def test_refuses_what_json_cannot_hold(data: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        row_of(Event(1, EventKind.ACTION, data))


@pytest.mark.parametrize("time", [-1, float("nan"), float("inf"), 1e15])
def test_refuses_an_absurd_time(time: float) -> None:
    with pytest.raises(ValueError, match="1970 to 9999"):
        row_of(Event(time, EventKind.ACTION))


@pytest.mark.parametrize(
    "row",
    [
        (None, "action", None, "{}"),
        (float("inf"), "action", None, "{}"),
        (1.0, "dance", None, "{}"),
        (1.0, None, None, "{}"),
        (1.0, "action", 7, "{}"),
        (1.0, "action", None, None),
        (1.0, "action", None, b"{}"),
        (1.0, "action", None, ""),
        (1.0, "action", None, "[]"),
        (1.0, "action", None, '{"x": NaN}'),
        (1.0, "action", None, "[" * 100_000),
        (1.0, "action", None, '{"x":' * 100_000),
        (1.0, "action", None, '{"x": ' + "9" * 5000 + "}"),
    ],
)
def test_a_damaged_row_is_a_value_error(row: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - many different complaints
        event_of(row)


@given(st.tuples(SCALARS, SCALARS, SCALARS, SCALARS))
def test_no_row_does_worse(row: tuple[Any, ...]) -> None:
    try:
        event_of(row)
    except ValueError:
        return
    assert isinstance(json.loads(row[3]), dict)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_numbers_that_json_cannot_write_again_are_damage(number: str) -> None:
    with pytest.raises(ValueError, match=f"holds {number.lstrip('-')}|holds {number}"):
        event_of((1.0, "service", None, f'{{"a": [{number}]}}'))


LARGEST = 9_223_372_036_854_775_807


@pytest.mark.parametrize("number", [LARGEST, -LARGEST])
def test_an_integer_may_have_64_bits(number: int) -> None:
    row = row_of(Event(1.0, EventKind.SERVICE, {"a": [number]}))
    assert event_of(row).data == {"a": [number]}
    check_sent(row[3])


@pytest.mark.parametrize("number", [LARGEST + 1, -LARGEST - 1, 10**400])
def test_an_integer_that_becomes_no_float_is_none_of_a_log(number: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        row_of(Event(1.0, EventKind.SERVICE, {"a": [number]}))
    text = f'{{"a":[{number}]}}'
    for read in (check_sent, lambda data: event_of((1.0, "service", None, data))):
        with pytest.raises(ValueError, match="too large a number"):
            read(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "damaged"),
        ("{", "Expecting"),
        ('{"a":1e999}', "1e999"),
        ('{"a":NaN}', "NaN"),
        ('{"a":' * 17 + "1" + "}" * 17, "deeper than 16"),
        ('{"a":"' + "x" * 65536 + '"}', "65536 bytes"),
    ],
)
def test_what_no_log_would_hold_is_not_taken_from_anybody(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_sent(text)


def test_a_record_is_compact_ascii_json() -> None:
    assert (
        record_bytes(7, 1.5, "decision", "ä", '{"a":1}')
        == b'[7,1.5,"decision","\\u00e4","{\\"a\\":1}"]'
    )
    assert record_bytes(1, 0.1, "service", None, "{}") == b'[1,0.1,"service",null,"{}"]'


def test_the_hash_covers_the_one_before() -> None:
    assert GENESIS.hex() == hashlib.sha256(b"accessctl event log 1").hexdigest()
    assert link(GENESIS, b"x") == hashlib.sha256(GENESIS + b"x").digest()


@pytest.mark.parametrize(
    "values",
    [(1, "x", None, "{}"), (1.0, b"x", None, "{}"), (1.0, "x", 3, "{}"), (1.0, "x", "", 1)],
)
def test_what_no_record_has_is_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="record"):
        record_bytes(1, *values)


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


def test_an_older_file_is_brought_up_to_date(path: Path) -> None:
    with EventLog(path) as log:
        log.append(Event(1, EventKind.SERVICE))
    migrations = (*MIGRATIONS, ("ALTER TABLE event ADD COLUMN note TEXT",))
    with EventLog(path, migrations=migrations) as log:
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
    path: Path,
) -> None:
    EventLog(path).close()
    migrations = (*MIGRATIONS, ("CREATE TABLE half (a)", "CREATE NONSENSE"))
    with pytest.raises(StoreError):
        EventLog(path, migrations=migrations)
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

    monkeypatch.setattr(time, "sleep", sleep)
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


PATH = Path("state/events.sqlite")


def fault(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("raw words of SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (sqlite3.SQLITE_BUSY, "is locked by another process"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "is locked by another process"),
        (sqlite3.SQLITE_FULL, "cannot be written: the disk is full; make room"),
        (sqlite3.SQLITE_IOERR_WRITE, "cannot be read or written: the disk reports an error"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "may not be written"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged"),
        (sqlite3.SQLITE_NOTADB, "is not an event log"),
        (sqlite3.SQLITE_MISUSE, r"cannot be used \(raw words of SQLite\)\."),
    ],
)
def test_each_fault_is_one_sentence(code: int, sentence: str) -> None:
    with (
        pytest.raises(StoreError, match=rf"^The event log state/events\.sqlite {sentence}"),
        reported(PATH),
    ):
        raise fault(code)


def test_a_fault_of_the_system() -> None:
    with pytest.raises(StoreError, match=r"\(Permission denied\)"), reported(PATH):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_others_pass() -> None:
    with pytest.raises(ZeroDivisionError), reported(PATH):
        raise ZeroDivisionError
