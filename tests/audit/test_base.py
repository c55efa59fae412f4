import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.audit.base import POLL_S, Log, MemoryLog, follow, person_event, write_down
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError

STARTED = Event(1.0, EventKind.SERVICE, {"state": "started"})


def test_what_is_written_down_is_there(caplog: pytest.LogCaptureFixture) -> None:
    audit = MemoryLog()
    assert write_down(audit, STARTED) is True
    assert [event for _, event in audit.query()] == [STARTED]
    assert caplog.records == []


def test_a_full_disk_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    audit = MemoryLog()
    audit.full = True
    assert write_down(audit, STARTED) is False
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "service event could not be written down" in record.message
    assert "the disk is full" in record.message


def test_the_line_names_the_visit_that_is_not_on_record(caplog: pytest.LogCaptureFixture) -> None:
    audit = MemoryLog()
    audit.full = True
    write_down(audit, Event(1.0, EventKind.DECISION, {"visit": "a1b2"}))
    assert caplog.records[0].__dict__["visit"] == "a1b2"


def test_only_what_a_store_may_do_is_forgiven() -> None:
    class Broken(MemoryLog):
        def append(self, event: Event) -> int:
            raise ValueError("an event's time lies in the years 1970 to 9999")

    with pytest.raises(ValueError, match="1970"):
        write_down(Broken(), STARTED)


def test_a_change_names_the_person_by_number_alone() -> None:
    ada = PersonId("ada")
    assert person_event("removed", ada, 1.0) == Event(
        1.0, EventKind.PERSON, {"change": "removed"}, ada
    )


MakeEvent = Callable[..., Event]


class Script:
    """Sleeping performs the next step; stop is true when there are no more."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.steps.pop(0)()

    def stop(self) -> bool:
        return not self.steps


def test_gives_what_is_there_and_then_what_comes(event: MakeEvent) -> None:
    log = MemoryLog()
    for _ in range(3):
        log.append(event())
    script = Script(
        lambda: [log.append(event()), log.append(event())],
        lambda: None,
        lambda: log.append(event()),
    )
    got = [number for number, _ in follow(log, 1, script.sleep, script.stop)]
    assert got == [2, 3, 4, 5, 6]
    assert script.slept == [POLL_S] * 3


def test_stops_only_after_a_last_look(event: MakeEvent) -> None:
    log = MemoryLog()
    log.append(event())
    assert len(list(follow(log, 0, pytest.fail, lambda: True))) == 1


def test_filters_hold_for_what_comes(event: MakeEvent) -> None:
    log = MemoryLog()
    log.append(event(5, person="p1"))
    script = Script(
        lambda: [
            log.append(event(20, person="p2")),
            log.append(event(20, EventKind.ACTION, person="p1")),
            log.append(event(20, person="p1")),
            log.append(event(9, person="p1")),
        ]
    )
    got = follow(
        log,
        0,
        script.sleep,
        script.stop,
        since=10,
        person=PersonId("p1"),
        kind=EventKind.DECISION,
    )
    assert [number for number, _ in got] == [4]


def test_sees_what_another_log_on_the_same_file_writes(
    path: Path, log: EventLog, event: MakeEvent
) -> None:
    with EventLog(path) as writer:
        script = Script(lambda: writer.append(event()), lambda: writer.append(event()))
        assert [n for n, _ in follow(log, 0, script.sleep, script.stop)] == [1, 2]


def test_a_fault_comes_out(path: Path, log: EventLog, event: MakeEvent) -> None:
    script = Script(path.unlink, lambda: None)
    with pytest.raises(StoreError, match="cannot be opened"):
        list(follow(log, 0, script.sleep, script.stop))


PEOPLE = st.sampled_from([None, PersonId("p1"), PersonId("p2")])
EVENTS = st.lists(
    st.builds(Event, time=st.integers(0, 9), kind=st.sampled_from(EventKind), person=PEOPLE),
    max_size=8,
)
FILTERS = st.fixed_dictionaries(
    {
        "since": st.none() | st.integers(0, 9),
        "person": PEOPLE,
        "kind": st.none() | st.sampled_from(EventKind),
        "after": st.integers(0, 9),
        "limit": st.none() | st.integers(0, 9),
    }
)


@settings(max_examples=25, deadline=None)
@given(EVENTS, st.lists(FILTERS, min_size=4, max_size=8))
def test_answers_as_the_real_one(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], queries: list[dict]
) -> None:
    path: Path = tmp_path_factory.mktemp("log") / "events.sqlite"
    fake = MemoryLog()
    with EventLog(path) as real:
        for event in events:
            assert fake.append(event) == real.append(event)
        for query in queries:
            assert list(fake.query(**query)) == list(real.query(**query))


def test_a_full_one_refuses_until_there_is_room() -> None:
    log = MemoryLog()
    log.full = True
    with pytest.raises(StoreError, match="disk is full"):
        log.append(Event(1, EventKind.SERVICE))
    log.full = False
    assert log.append(Event(1, EventKind.SERVICE)) == 1


def test_refuses_what_is_not_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        MemoryLog().append(Event(1, EventKind.SERVICE, {"x": object()}))


def test_both_are_logs(tmp_path: Path) -> None:
    logs: list[Log] = [MemoryLog(), EventLog(tmp_path / "e.sqlite")]
    for log in logs:
        assert list(log.query()) == []
        log.close()
