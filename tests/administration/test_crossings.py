from pathlib import Path
from typing import Any

import pytest

from accessctl.administration.crossings import (
    Crossings,
    Inside,
    forgive_passback,
    people_inside,
)
from accessctl.audit.base import MemoryLog
from accessctl.audit.log import EventLog
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, PersonId
from accessctl.door.fake import FakeHouse
from accessctl.errors import StoreError, UnknownPersonError
from accessctl.policy.access import Crossing

ADA, BOB = PersonId("ada"), PersonId("bob")
IN = AccessConfig(direction="in", anti_passback="hard", reset_after_h=1)


def granted(time: float, direction: object, person: PersonId | None = ADA, **more: object) -> Event:
    data = {"decision": "granted", "direction": direction, "area": "inside", **more}
    return Event(time, EventKind.DECISION, data, person)


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


def test_the_last_grant_at_a_door_of_the_area_counts(log: MemoryLog) -> None:
    crossings = Crossings(log, IN)
    assert crossings.last(ADA, 1000.0) is None
    log.append(granted(1000.0, "in"))
    assert crossings.last(ADA, 1100.0) == Crossing("in", 100.0)
    assert crossings.last(BOB, 1100.0) is None
    log.append(granted(1200.0, "out"))
    assert crossings.last(ADA, 1300.0) == Crossing("out", 100.0)


@pytest.mark.parametrize(
    "event",
    [
        granted(1000.0, "in", decision="denied"),
        granted(1000.0, "in", area="store"),
        granted(1000.0, "in", area=None),
        granted(1000.0, "none"),
        granted(1000.0, ["in"]),
        granted(1000.0, "in", person=None),
        Event(1000.0, EventKind.DECISION, {"decision": "granted"}, ADA),
        Event(1000.0, EventKind.ACTION, {"decision": "granted", "direction": "in"}, ADA),
    ],
)
def test_what_is_no_crossing(log: MemoryLog, event: Event) -> None:
    log.append(event)
    assert Crossings(log, IN).last(ADA, 1000.0) is None


def test_a_clock_that_was_set_back_counts_it_as_of_now(log: MemoryLog) -> None:
    log.append(granted(9000.0, "in"))
    assert Crossings(log, IN).last(ADA, 8000.0) == Crossing("in", 0.0)


def test_a_clock_that_was_ahead_at_the_first_look_hides_nobody(log: MemoryLog) -> None:
    """The clock is put right once the network is there: what was too old then is not any more."""
    log.append(granted(1000.0, "in"))
    crossings = Crossings(log, IN)
    log.append(granted(90_000.0, "in", BOB))
    assert crossings.last(ADA, 90_000.0) is None
    assert crossings.last(ADA, 1200.0) == Crossing("in", 200.0)
    assert crossings.last(BOB, 1201.0) == Crossing("in", 0.0)


def test_a_clock_that_is_slewed_back_has_nothing_read_again(log: MemoryLog) -> None:
    asked: list[float | None] = []

    class Counting(MemoryLog):
        def query(self, **which: Any) -> Any:
            asked.append(which.get("since"))
            return super().query(**which)

    crossings = Crossings(Counting(), IN)
    for time in (9000.0, 8999.9, 9001.0):
        crossings.last(ADA, time)
    assert asked == [9000.0 - 3600.0, None, None]


def test_it_survives_a_restart_and_is_shared_by_the_doors_of_a_log(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    with EventLog(file) as front, EventLog(file) as back:
        crossings = Crossings(front, IN)
        back.append(granted(1000.0, "in"))
        assert crossings.last(ADA, 1010.0) == Crossing("in", 10.0)
        back.append(granted(1020.0, "out"))
        assert crossings.last(ADA, 1030.0) == Crossing("out", 10.0)
        front.append(granted(1040.0, "in"))
    with EventLog(file) as front:
        assert Crossings(front, IN).last(ADA, 1050.0) == Crossing("in", 10.0)
        # What is older than the reset is not even read.
        assert Crossings(front, IN).last(ADA, 1040.0 + 3601.0) is None


def test_another_configuration_reads_anew(log: MemoryLog) -> None:
    log.append(granted(1000.0, "in"))
    log.append(granted(1001.0, "out", area="store"))
    crossings = Crossings(log, IN)
    assert crossings.last(ADA, 1010.0) == Crossing("in", 10.0)
    store = crossings.under(IN.model_copy(update={"area": "store"}))
    assert store.last(ADA, 1010.0) == Crossing("out", 9.0)


def failed(time: float, visit: str, person: PersonId = ADA) -> Event:
    return Event(time, EventKind.SERVICE, {"state": "entry_failed", "visit": visit}, person)


def test_a_grant_by_which_nobody_could_go_in_is_no_crossing(log: MemoryLog) -> None:
    crossings = Crossings(log, IN)
    log.append(granted(1000.0, "in", visit="v1"))
    assert crossings.last(ADA, 1001.0) == Crossing("in", 1.0)
    log.append(failed(1002.0, "v1"))
    assert crossings.last(ADA, 1003.0) is None


def test_the_crossing_before_it_counts_again(log: MemoryLog) -> None:
    for event in (
        granted(1000.0, "in", visit="v1"),
        granted(1010.0, "out", visit="v2"),
        failed(1011.0, "v2"),
    ):
        log.append(event)
    assert Crossings(log, IN).last(ADA, 1020.0) == Crossing("in", 20.0)


def test_another_visits_failure_or_another_persons_changes_nothing(log: MemoryLog) -> None:
    log.append(granted(1000.0, "in", visit="v1"))
    log.append(failed(1001.0, "v0"))
    log.append(failed(1001.0, "v1", BOB))
    assert Crossings(log, IN).last(ADA, 1010.0) == Crossing("in", 10.0)


def test_one_failure_takes_one_crossing_back(log: MemoryLog) -> None:
    log.append(granted(1000.0, "in", visit="v1"))
    log.append(granted(1010.0, "in", visit="v2"))
    log.append(failed(1011.0, "v2"))
    log.append(failed(1011.0, "v2"))
    assert Crossings(log, IN).last(ADA, 1020.0) == Crossing("in", 20.0)


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.enrol("Ada", 1)
    return house


def test_what_is_forgiven_counts_no_more_and_is_on_record(house: FakeHouse) -> None:
    ada, log = house.gallery.person("Ada").id, house.audit
    crossings = Crossings(log, IN)
    log.append(granted(1000.0, "in", ada))
    assert forgive_passback("ada", "inside", house.gallery, log, lambda: 1005.0).id == ada
    assert crossings.last(ada, 1010.0) is None
    assert house.events()[-1] == Event(
        1005.0, EventKind.PERSON, {"change": "passback_forgiven", "area": "inside"}, ada
    )
    log.append(granted(1020.0, "in", ada))
    assert crossings.last(ada, 1021.0) == Crossing("in", 1.0)


def test_it_is_forgiven_in_one_area(house: FakeHouse) -> None:
    ada, log = house.gallery.person("Ada").id, house.audit
    log.append(granted(1000.0, "in", ada))
    forgive_passback("Ada", "store", house.gallery, log, lambda: 1005.0)
    assert Crossings(log, IN).last(ada, 1010.0) == Crossing("in", 10.0)


def test_without_its_record_nothing_is_forgiven_and_nobody_shown(house: FakeHouse) -> None:
    house.audit.full = True
    with pytest.raises(StoreError):
        forgive_passback("Ada", "inside", house.gallery, house.audit, lambda: 1005.0)
    with pytest.raises(StoreError):
        people_inside(Crossings(house.audit, IN), "inside", house.gallery, house.audit, lambda: 1.0)
    with pytest.raises(UnknownPersonError):
        forgive_passback("Bob", "inside", house.gallery, house.audit, lambda: 1005.0)


def test_who_is_inside_is_told_and_that_it_was(house: FakeHouse) -> None:
    ada, log = house.gallery.person("Ada").id, house.audit
    for event in (
        granted(100.0, "in", PersonId("long ago")),
        granted(4000.0, "in", BOB),
        granted(4010.0, "in", ada),
        granted(4020.0, "in", PersonId("gone")),
        granted(4030.0, "out", PersonId("gone")),
    ):
        log.append(event)
    crossings = Crossings(log, IN)
    told = people_inside(crossings, "inside", house.gallery, log, lambda: 4100.0)
    assert told == [Inside(BOB, None, 100.0), Inside(ada, "Ada", 90.0)]
    assert house.events()[-1].data == {"state": "inside_shown", "area": "inside", "people": 2}
