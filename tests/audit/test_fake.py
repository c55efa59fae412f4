from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.audit.base import Log
from accessctl.audit.fake import MemoryLog
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError

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
