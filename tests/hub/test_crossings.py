"""Who is inside an area by the records of all its doors, and what each door hears of the others."""

import pytest
from sqlalchemy import select

from accessctl.administration.crossings import Crossings
from accessctl.audit.base import MemoryLog
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, Outcome, PersonId
from accessctl.hub.crossings import InsideSite
from accessctl.hub.tables import JOURNAL
from accessctl.sync.crossings import SiteCrossings
from accessctl.sync.feed_wire import MAX_CROSSINGS, Crossed
from tests.hub.waiting import LONG_S, waiting_door, write_events

ADA, BEN = PersonId("a" * 32), PersonId("b" * 32)
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""


def granted(time: float, person: str, direction: str, visit: str, area: str = "lab") -> Event:
    data = {"decision": Outcome.GRANTED.value, "direction": direction, "area": area, "visit": visit}
    return Event(time, EventKind.DECISION, data, PersonId(person))


def not_entered(time: float, person: str, visit: str) -> Event:
    return Event(time, EventKind.DOORWAY, {"state": "no_entry", "visit": visit}, PersonId(person))


def forgiven(time: float, person: str, area: str = "lab") -> Event:
    data = {"change": "passback_forgiven", "area": area}
    return Event(time, EventKind.PERSON, data, PersonId(person))


def inside(hub, area: str | None = None) -> list[tuple[str, str]]:
    return [(one.area, one.person) for one in hub.areas.inside(12 * HOUR_S, "Grace", area)]


def test_whoever_goes_in_at_one_door_and_out_at_another_is_outside(hub, joined, clock) -> None:
    front, back, now = joined("front"), joined("back"), clock.time
    write_events(front, granted(now - 100, ADA, "in", "v1"), granted(now - 90, BEN, "in", "v2"))
    assert hub.areas.inside(12 * HOUR_S, "Grace") == [
        InsideSite("lab", ADA, pytest.approx(100, abs=0.01)),
        InsideSite("lab", BEN, pytest.approx(90, abs=0.01)),
    ]
    write_events(back, granted(now - 50, ADA, "out", "w1"))
    assert inside(hub) == [("lab", BEN)]
    assert inside(hub, "office") == []


def test_each_hears_of_the_others_and_not_of_itself(hub, joined, clock) -> None:
    front, back, other = joined("front"), joined("back"), joined("other")
    now = round(clock.time, 3)
    with waiting_door(back) as waiting:
        wait = waiting.begin_wait(hub, area="lab")
        # Nothing for it: the first is its own, the second of another area.
        write_events(back, granted(now - 9, BEN, "in", "w1"))
        write_events(other, granted(now - 8, BEN, "in", "x1", area="office"))
        write_events(front, granted(now - 5, ADA, "in", "v1"))
        said = wait.result(LONG_S)
        assert said.crossings == (
            Crossed(door=front.member.door, person=ADA, area="lab", direction="in", time=now - 5),
        )
        again = waiting.wait(area="lab", crossing=0)
        assert (again.crossings, again.crossing) == (said.crossings, said.crossing)
        later = waiting.begin_wait(hub, area="lab", crossing=said.crossing)
        write_events(front, not_entered(now - 4, ADA, "v1"))
        (undone,) = later.result(LONG_S).crossings
        assert (undone.direction, undone.time) == ("forgiven", 0.0)


@EMBEDDED
@pytest.mark.parametrize(
    ("events", "is_inside"),
    [
        ([granted(-90, ADA, "in", "v1"), not_entered(-89, ADA, "v1")], False),
        ([granted(-90, ADA, "in", "v1"), not_entered(-89, ADA, "v2")], True),
        (
            [
                granted(-90, ADA, "in", "v1"),
                granted(-80, ADA, "out", "v2"),
                not_entered(-79, ADA, "v2"),
            ],
            True,
        ),
        ([granted(-90, ADA, "in", "v1"), forgiven(-80, ADA)], False),
        ([granted(-90, ADA, "in", "v1"), forgiven(-80, ADA, area="office")], True),
        ([forgiven(-80, ADA), granted(-70, ADA, "in", "v1")], True),
        ([granted(-13 * HOUR_S, ADA, "in", "v1")], False),
        ([granted(+DAY_S, ADA, "in", "v1")], True),
    ],
    ids=["undone", "another", "out undone", "forgiven", "elsewhere", "after", "old", "ahead"],
)
def test_the_hub_reads_a_log_as_its_door_does(
    hub, joined, clock, events: list[Event], is_inside: bool
) -> None:
    front = joined("front")
    moved = [Event(clock.time + e.time, e.kind, e.data, e.person) for e in events]
    for event in moved:
        # In one batch, or in several, is the same.
        write_events(front, event)
    assert (("lab", ADA) in inside(hub)) is is_inside
    log = MemoryLog()
    for event in moved:
        log.append(event)
    access = AccessConfig(area="lab", direction="in")
    assert (ADA in Crossings(log, access).inside(clock.time)) is is_inside


@EMBEDDED
def test_what_did_not_happen_at_one_door_leaves_what_did_at_another(hub, joined, clock) -> None:
    front, back, now = joined("front"), joined("back"), clock.time
    write_events(front, granted(now - 100, ADA, "in", "v1"))
    write_events(back, granted(now - 50, ADA, "out", "w1"), not_entered(now - 49, ADA, "w1"))
    assert inside(hub) == [("lab", ADA)]


@EMBEDDED
def test_forgiven_at_one_door_is_forgiven_at_all(hub, joined, clock) -> None:
    front, back, now = joined("front"), joined("back"), clock.time
    write_events(front, granted(now - 100, ADA, "in", "v1"))
    write_events(back, forgiven(now - 50, ADA))
    assert inside(hub) == []


@EMBEDDED
def test_what_no_door_writes_says_nothing(hub, joined, clock) -> None:
    front, now = joined("front"), clock.time
    write_events(
        front,
        granted(now, "ada", "in", "v1"),
        granted(now, ADA, "up", "v2"),
        granted(now, ADA, "in", "v" * 65),
        granted(now, ADA, "in", "v3", area="l a b"),
        granted(now, ADA, "in", "v4", area="a" * 65),
        Event(now, EventKind.DECISION, {"decision": "granted", "area": ["lab"]}, ADA),
    )
    assert inside(hub) == []
    assert len(list(hub.records.query())) == 6


@EMBEDDED
def test_many_come_in_parts_and_all_of_them(hub, joined, clock) -> None:
    front, back, now = joined("front"), joined("back"), clock.time
    people = [f"{number:032x}" for number in range(MAX_CROSSINGS + 20)]
    write_events(front, *(granted(now - 9, one, "in", one) for one in people))
    number, heard = 0, list[Crossed]()
    for _ in range(2):
        crossed, number = hub.areas.after(back.member.door, "lab", number)
        heard += crossed
    assert sorted(one.person for one in heard) == people
    assert hub.areas.after(back.member.door, "lab", number) == ((), number)
    # A hub that was put back to an older state has not come so far.
    assert hub.areas.after(back.member.door, "lab", number + 1)[0] == tuple(heard[:MAX_CROSSINGS])


@EMBEDDED
def test_whoever_looked_is_in_the_journal(hub) -> None:
    hub.areas.inside(HOUR_S, "Grace", "lab")
    with hub.database.reading() as db:
        rows = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "inside_shown")).scalars()
        assert list(rows) == ['{"area":"lab","operator":"Grace","people":0}']


@EMBEDDED
def test_a_door_refuses_a_second_way_in_at_another_door(hub, joined, clock) -> None:
    front, back, now = joined("front"), joined("back"), clock.time
    access = AccessConfig(area="lab", direction="in", anti_passback="hard")
    site = SiteCrossings("lab")
    crossings = Crossings(MemoryLog(), access, site)
    assert crossings.alone
    with waiting_door(back) as waiting:
        wait = waiting.begin_wait(hub, area="lab", crossing=site.number)
        write_events(front, granted(now - 5, ADA, "in", "v1"))
        site(wait.result(LONG_S))
    assert not crossings.alone
    last = crossings.last(ADA, now)
    assert (last.direction, last.age_s) == ("in", pytest.approx(5, abs=0.01))
    assert crossings.inside(now) == {ADA: pytest.approx(5, abs=0.01)}
