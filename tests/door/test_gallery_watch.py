from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.domain import EventKind, Outcome, Reason
from accessctl.door.door import Door
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, decisions
from accessctl.door.gallery_watch import REPEAT_S, GalleryWatch
from accessctl.errors import StoreError
from accessctl.vision.fake import fake_face

ADA = 1
FACE = fake_face(box=FACE_BOX)
GONE = StoreError("the disk is away")


class Record:
    def __init__(self) -> None:
        self.states: list[str] = []
        self.details: list[Any] = []

    def __call__(self, state: str, **data: Any) -> None:
        self.states.append(state)
        self.details.append(data.get("detail"))


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.gallery.place = "here"
    house.enrol("Ada", ADA)
    return house


def watch_of(house: FakeHouse, record: Record, max_stale_s: float = 60) -> GalleryWatch:
    heads = GalleryHeads(house.gallery, house.audit, lambda: EPOCH)
    return GalleryWatch(house.roster(), max_stale_s, heads, record)


def test_a_gallery_that_can_be_read_counts_and_is_marked_once(house: FakeHouse) -> None:
    record = Record()
    watch = watch_of(house, record)
    for second in range(5):
        watch.look(second)
    assert (watch.state.doubt, watch.state.trouble, watch.state.age_s) == (None, None, 0)
    assert record.states == []
    assert [event.data["state"] for event in house.events()] == ["gallery_seen"]
    watch.look(REPEAT_S + 1)
    assert [event.data["state"] for event in house.events()] == ["gallery_seen"] * 2


def test_after_its_time_a_copy_lets_nobody_in_and_says_why(house: FakeHouse) -> None:
    record = Record()
    watch = watch_of(house, record, max_stale_s=10)
    watch.look(100)
    house.gallery.fault = GONE
    for second in range(101, 111):
        watch.look(second)
        assert watch.doubt(second) is None
        assert watch.state.trouble == "the disk is away"
    # Between two looks, too.
    assert watch.doubt(110.001) is Reason.GALLERY_STALE
    watch.look(111)
    watch.look(112)
    assert watch.state.doubt is Reason.GALLERY_STALE
    assert watch.state.age_s == 12
    assert (record.states, record.details) == (["gallery_stale"], ["the disk is away"])
    house.gallery.fault = None
    watch.look(113)
    assert (watch.state.doubt, watch.doubt(113)) == (None, None)
    assert record.states == ["gallery_stale", "gallery_back"]


def test_an_older_gallery_lets_nobody_in_until_it_is_accepted(house: FakeHouse) -> None:
    record = Record()
    heads = GalleryHeads(house.gallery, house.audit, lambda: EPOCH)
    house.enrol("Eve", 2)
    heads.note()
    house.gallery._revision -= 1
    watch = watch_of(house, record)
    watch.look(0)
    assert watch.doubt(0) is Reason.GALLERY_UNACCEPTED
    assert watch.state.trouble is not None
    assert "older than the event log knows" in watch.state.trouble
    watch.look(1)
    assert record.states == ["gallery_unaccepted"]
    house.administration().accept_gallery()
    watch.look(2)
    assert watch.doubt(2) is None
    assert record.states == ["gallery_unaccepted", "gallery_back"]


def test_while_the_log_cannot_be_read_nothing_is_taken_for_the_last(house: FakeHouse) -> None:
    class Heads:
        fault: StoreError | None = StoreError("locked")

        def objection(self) -> None:
            if self.fault is not None:
                raise self.fault

        def note(self) -> None:
            raise StoreError("full")

        repeat = note

    heads = Heads()
    watch = GalleryWatch(house.roster(), 60, heads)
    watch.look(0)
    assert watch.doubt(0) is Reason.GALLERY_UNACCEPTED
    heads.fault = None
    watch.look(1)
    # That the mark cannot be written keeps nobody out: a decision without record does.
    assert watch.doubt(1) is None


def visitors(house: FakeHouse, door: Door, start: float) -> list[tuple[Outcome, Reason]]:
    steps = house.play(door, [(ADA, [])] + [(ADA, [FACE])] * 6, start)
    return [(one.outcome, one.reason) for one in decisions(steps)]


def test_a_removed_person_is_not_let_in_for_long_by_a_copy(
    house: FakeHouse, door_with: Callable[[GalleryWatch], Door]
) -> None:
    record = Record()
    door = door_with(watch_of(house, record, max_stale_s=30))
    assert visitors(house, door, 0) == [(Outcome.GRANTED, Reason.MATCHED)]
    house.gallery.fault = GONE
    assert visitors(house, door, 20) == [(Outcome.GRANTED, Reason.MATCHED)]
    assert visitors(house, door, 40) == [(Outcome.DENIED, Reason.GALLERY_STALE)]
    assert len(house.unlock.payloads) == 2
    told = [e.data["evidence"]["gallery"] for e in house.events() if e.kind is EventKind.DECISION]
    assert told == [None, None, "gallery_stale"]
    house.gallery.fault = None
    house.gallery.remove("Ada")
    assert visitors(house, door, 60)[0][0] is Outcome.UNKNOWN
    assert len(house.unlock.payloads) == 2


@pytest.fixture
def door_with(house: FakeHouse) -> Callable[[GalleryWatch], Door]:
    return lambda watch: house.door(gallery=watch)


@given(
    st.lists(st.tuples(st.floats(0.1, 20), st.sampled_from(["away", "back", "older", "accept"]))),
    st.floats(0, 30),
)
def test_whatever_happens_nobody_is_let_in_by_an_old_copy(
    happenings: list[tuple[float, str]], max_stale_s: float
) -> None:
    house = FakeHouse()
    house.gallery.place = "here"
    house.enrol("Ada", ADA)
    watch = watch_of(house, Record(), max_stale_s)
    now, last_read, accepted = 0.0, 0.0, True
    watch.look(now)
    for pause, happening in happenings:
        now += pause
        if happening in ("away", "back"):
            house.gallery.fault = GONE if happening == "away" else None
        elif house.gallery.fault is not None:
            continue
        elif happening == "accept":
            house.administration().accept_gallery()
            accepted = True
        elif accepted:
            house.enrol(f"P{now}", 2)
            watch.look(now)
            house.gallery._revision -= 1
            accepted = False
        watch.look(now)
        if house.gallery.fault is None:
            last_read = now
        if watch.doubt(now) is None:
            assert accepted
            assert now - last_read <= max_stale_s


def test_a_door_that_watches_writes_nothing_of_its_gallery(house: FakeHouse) -> None:
    """Another gallery than that of the door that acts must not be taken for the newer one."""
    record, acts = Record(), [False]
    heads = GalleryHeads(house.gallery, house.audit, lambda: EPOCH)
    watch = GalleryWatch(house.roster(), 10, heads, record, acting=lambda: bool(acts[0]))
    watch.look(0)
    house.enrol("Bea", 3)
    watch.look(1)
    house.gallery.fault = GONE
    watch.look(20)
    assert watch.state.doubt is Reason.GALLERY_STALE
    assert (house.events(), record.states) == ([], [])
    # Once it acts, what still holds is told.
    acts[0] = True
    watch.look(21)
    watch.look(22)
    assert record.states == ["gallery_stale"]
    house.gallery.fault = None
    watch.look(23)
    watch.look(24)
    assert record.states == ["gallery_stale", "gallery_back"]
    assert [event.data["state"] for event in house.events()] == ["gallery_seen"]
