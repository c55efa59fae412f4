"""What a door remembers of crossings at the other doors of its area."""

import pytest

from accessctl.administration.crossings import NO_OTHER_DOORS, Crossings, Went
from accessctl.audit.base import MemoryLog
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, Outcome, PersonId
from accessctl.sync.crossings import SILENT_S, SiteCrossings
from accessctl.sync.feed_wire import Crossed, FeedHead, Waited
from tests.clocks import HandClock

ADA, BEN = PersonId("a" * 32), PersonId("b" * 32)
FRONT, BACK = "f" * 32, "e" * 32
HEAD = FeedHead(seq=0, time=0, signature="0" * 128)
ACCESS = AccessConfig(area="lab", direction="in")
NOW = 1_700_000_000.0


def crossed(person: str, direction: str, time: float, door: str = FRONT, area: str = "lab"):
    return Crossed(door=door, person=person, area=area, direction=direction, time=time)


def told(number: int, *crossings: Crossed) -> Waited:
    return Waited(changes=False, crossings=crossings, crossing=number, head=HEAD)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(100.0)


@pytest.fixture
def site(clock) -> SiteCrossings:
    return SiteCrossings("lab", clock)


def test_the_last_of_what_all_doors_say_counts(site) -> None:
    site(told(2, crossed(ADA, "in", 10), crossed(ADA, "out", 20, door=BACK)))
    assert site.latest(ADA, "lab") == Went("out", 20)
    site(told(3, crossed(ADA, "forgiven", 0, door=BACK)))
    assert site.latest(ADA, "lab") == Went("in", 10)
    assert site.number == 3
    assert site.seen("lab") == (ADA,)


def test_of_two_at_the_same_moment_the_way_in_counts(site) -> None:
    site(told(2, crossed(ADA, "in", 10), crossed(ADA, "out", 10, door=BACK)))
    assert site.latest(ADA, "lab") == Went("in", 10)


def test_another_area_is_not_this_one(site) -> None:
    site(told(1, crossed(ADA, "in", 10, area="office")))
    assert site.latest(ADA, "lab") is None
    assert site.latest(ADA, "office") is None
    assert site.seen("office") == ()
    assert site.silent("office")


def test_a_hub_that_was_put_back_is_believed_anew(site) -> None:
    site(told(9, crossed(ADA, "in", 10), crossed(BEN, "in", 11)))
    site(told(4, crossed(ADA, "in", 10)))
    assert (site.number, site.seen("lab")) == (4, (ADA,))


def test_a_door_that_hears_nothing_knows_that_it_is_alone(site, clock) -> None:
    assert site.silent("lab")
    site(told(0))
    clock.time += SILENT_S
    assert not site.silent("lab")
    clock.time += 1
    assert site.silent("lab")
    site(told(0))
    assert not site.silent("lab")


def test_alone_it_goes_by_its_own_log_and_what_it_had_heard(site, clock) -> None:
    log = MemoryLog()
    crossings = Crossings(log, ACCESS, site)
    site(told(1, crossed(BEN, "in", NOW - 30)))
    clock.time += SILENT_S + 1
    data = {"decision": Outcome.GRANTED.value, "direction": "in", "area": "lab", "visit": "v"}
    log.append(Event(NOW - 20, EventKind.DECISION, data, ADA))
    assert crossings.alone
    assert crossings.inside(NOW) == {ADA: 20.0, BEN: 30.0}


def test_its_own_later_word_counts_more_than_the_others(site) -> None:
    log = MemoryLog()
    crossings = Crossings(log, ACCESS, site)
    site(told(1, crossed(ADA, "in", NOW - 30)))
    change = {"change": "passback_forgiven", "area": "lab"}
    log.append(Event(NOW - 20, EventKind.PERSON, change, ADA))
    assert crossings.last(ADA, NOW) is None
    site(told(2, crossed(ADA, "in", NOW - 10)))
    assert crossings.last(ADA, NOW).age_s == 10.0


def test_another_configuration_keeps_the_others(site) -> None:
    crossings = Crossings(MemoryLog(), ACCESS, site)
    site(told(1, crossed(ADA, "in", NOW - 30)))
    assert crossings.under(ACCESS).last(ADA, NOW).age_s == 30.0
    moved = crossings.under(ACCESS.model_copy(update={"area": "office"}))
    assert moved.last(ADA, NOW) is None
    assert moved.alone


def test_a_door_without_a_hub_is_not_alone() -> None:
    assert not Crossings(MemoryLog(), ACCESS).alone
    assert NO_OTHER_DOORS.seen("lab") == ()
