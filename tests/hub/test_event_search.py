"""Searches of the hub's events, on either database."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import EventKind, Outcome, PersonId, Reason
from accessctl.errors import InputError, StoreError
from accessctl.hub import event_search
from accessctl.hub.event_search import (
    OVERLAP_S,
    EventFilter,
    EventPlace,
    EventSearch,
    place_in,
)
from accessctl.hub.tables import EVENT
from tests.console.sample_site import (
    BACK,
    COLLINS,
    FRONT,
    GRANTED,
    HOPPER,
    LATE,
    SPOOF,
    STRANGER,
    put_door,
    put_events,
    service,
)

DECISIONS = (GRANTED, STRANGER, SPOOF, LATE)


@pytest.fixture
def search(hub) -> EventSearch:
    """Decisions at the front door at 100, 200 ... 400, beside starts at 50; the back door started
    at the same moments as some of them were made."""
    put_door(hub.database, FRONT, "front", 1.0)
    put_door(hub.database, BACK, "back", 1.0)
    decisions = [one.event(100.0 * (at + 1)) for at, one in enumerate(DECISIONS)]
    put_events(hub.database, FRONT, [service("started", 50.0), *decisions])
    put_events(hub.database, BACK, [service("started", 100.0), service("stopped", 300.0)])
    return EventSearch(hub.database)


def places(events) -> list[tuple[float, str]]:
    return [(one.place.time, one.name) for one in events]


ALL = [
    (400.0, "front"),
    (300.0, "back"),
    (300.0, "front"),
    (200.0, "front"),
    (100.0, "back"),
    (100.0, "front"),
    (50.0, "front"),
]


def test_the_latest_come_first_whatever_the_door(search: EventSearch) -> None:
    page = search.page(EventFilter(), 50)
    assert places(page.events) == ALL
    assert (page.further, page.complete) == (None, True)


def test_page_by_page_every_event_comes_once(search: EventSearch) -> None:
    found, before = [], None
    for _ in range(len(ALL)):
        page = search.page(EventFilter(), 2, before)
        found += places(page.events)
        before = page.further and place_in(str(page.further))
        if before is None:
            break
    assert found == ALL
    assert places(search.every(EventFilter())) == ALL


@pytest.mark.parametrize(
    ("wanted", "times"),
    [
        (EventFilter(door="back"), [300.0, 100.0]),
        (EventFilter(door="nowhere"), []),
        (EventFilter(outcome=Outcome.DENIED), [400.0, 300.0]),
        (EventFilter(reason=Reason.NOT_LIVE), [300.0]),
        (EventFilter(outcome=Outcome.GRANTED, reason=Reason.NOT_LIVE), []),
        (EventFilter(person=HOPPER), [400.0]),
        (EventFilter(person=COLLINS, outcome=Outcome.GRANTED), [100.0]),
        (EventFilter(person=PersonId('x","{')), []),
        (EventFilter(kind=EventKind.SERVICE), [300.0, 100.0, 50.0]),
        (EventFilter(since=200.0, until=300.0), [200.0]),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value)[12:60],
)
def test_filters_find_what_fits_them(search: EventSearch, wanted, times) -> None:
    assert [one.place.time for one in search.page(wanted, 50).events] == times
    assert [one.place.time for one in search.every(wanted)] == times


def test_a_search_ends_after_so_many_records_and_says_where_to_go_on(search, hub) -> None:
    short = EventSearch(hub.database, searched=3)
    wanted = EventFilter(reason=Reason.MATCHED)
    page = short.page(wanted, 50)
    assert page.events == ()
    assert not page.complete
    assert page.further is not None
    # Of the decisions, which alone can fit, it has looked at those of 400, 300 and 200.
    assert page.further.time == 200.0
    assert [one.place.time for one in short.page(wanted, 50, page.further).events] == [100.0]
    assert [one.place.time for one in short.every(wanted)] == [100.0]


def test_what_has_come_since_is_among_the_newest_though_its_clock_is_late(search, hub) -> None:
    top = search.page(EventFilter(), 1).events[0].place
    late = top.time - OVERLAP_S
    put_events(hub.database, BACK, [service("tried", late), service("tried", late - 1)])
    times = [one.place.time for one in search.newest(EventFilter(), 50, top)]
    assert times == [400.0, 300.0, 300.0, late]
    assert len(search.newest(EventFilter(), 2, top)) == 2


def test_one_record_is_found_by_its_door_and_number(search: EventSearch) -> None:
    found = search.one(FRONT, 2)
    assert found is not None
    assert (found.event.person, found.name, len(found.hash)) == (COLLINS, "front", 32)
    assert search.one(FRONT, 99) is None
    assert [one.place.number for one in search.following(FRONT, 3)] == [4, 5]


def test_records_of_a_kind_that_a_newer_door_tells_of_are_passed_over(search, hub) -> None:
    with hub.database.writing() as db:
        newer = EVENT.update().where(EVENT.c.door == FRONT, EVENT.c.number == 2)
        db.execute(newer.values(kind="novelty", record=b'[2,100.0,"novelty",null,"{}"]'))
    shown = {str(one.place) for one in search.page(EventFilter(), 50).events}
    assert shown
    assert not any(place.endswith(f"~{FRONT}~2") for place in shown)
    assert search.one(FRONT, 2) is None
    assert 2 not in [one.place.number for one in search.following(FRONT, 0)]


def test_a_record_that_is_damaged_is_named(search: EventSearch, hub) -> None:
    with hub.database.writing() as db:
        damaged = EVENT.update().where(EVENT.c.door == FRONT, EVENT.c.number == 2)
        db.execute(damaged.values(record=b'[2,100.0,"decision",null,"[]"]'))
    with pytest.raises(StoreError, match="Record 2 of the door front cannot be read"):
        search.page(EventFilter(), 50)


@given(
    st.floats(0, 2e9, allow_nan=False, allow_subnormal=False).map(lambda time: round(time, 6)),
    st.text("0123456789abcdef", min_size=1, max_size=32),
    st.integers(0, 10**17),
)
def test_a_place_is_read_as_it_is_written(time: float, door: str, number: int) -> None:
    place = EventPlace(time, door, number)
    assert place_in(str(place)) == place


@pytest.mark.parametrize("text", ["", "1", "1~a", "nan~a~1", "1e3~a~1", "1~A~1", "9" * 12 + "~a~1"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no place among the events"):
        place_in(text)


@pytest.mark.parametrize("visit", ["c0ffee", 'a"b', "a\\b", "Tür\ud800", "%_"])
def test_a_visit_is_all_of_its_decisions_at_its_door(hub, search, visit: str) -> None:
    def decided(door: str, time: float, called: object) -> None:
        event = STRANGER.event(time)
        put_events(hub.database, door, [replace(event, data={**event.data, "visit": called})])

    for door, time, called in (
        (FRONT, 1000.0, visit),
        (FRONT, 1003.0, visit),
        (FRONT, 1003.5, f"{visit}0"),
        (BACK, 1004.0, visit),
        (FRONT, 1006.0, visit),
        (FRONT, 1.0, visit),
        (FRONT, 2e9, visit),
        (FRONT, 1009.0, 7),
    ):
        decided(door, time, called)
    middle = search.one(FRONT, 7)
    # As they were decided, also where the door's clock was set meanwhile.
    times = [one.place.time for one in search.visit_of(middle)]
    assert times == [1000.0, 1003.0, 1006.0, 1.0, 2e9]
    nameless = search.one(FRONT, 12)
    assert search.visit_of(nameless) == (nameless,)


def test_a_visit_is_looked_for_near_its_decision(hub, search, monkeypatch) -> None:
    monkeypatch.setattr(event_search, "VISIT_RECORDS", 2)
    event = STRANGER.event(1000.0)
    one = replace(event, data={**event.data, "visit": "c0ffee"})
    put_events(hub.database, BACK, [one] * 6)
    numbers = [found.place.number for found in search.visit_of(search.one(BACK, 5))]
    assert numbers == [3, 4, 5, 6, 7]
