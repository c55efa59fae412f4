"""A door at which somebody is enrolled: nothing is decided of whoever stands there meanwhile."""

import pytest

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import EventKind, Outcome, Quality, Reason
from accessctl.door.demands import Wanted
from accessctl.door.door import Door
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.door.visit import ENROLMENT, Step
from accessctl.vision.fake import fake_face
from tests.door.guests import CONFIRM, UNDECIDED, Guest

ADA, EVE = 1, 2
AWAY = (ADA, [])


def seen(person: int, track: int = 1) -> tuple[int, list]:
    return person, [fake_face(track, box=FACE_BOX, quality=Quality(0.8, ()))]


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    return house


@pytest.fixture
def door(house: FakeHouse) -> Door:
    return house.door()


def outcomes(steps: list[Step]) -> list[tuple[Outcome, Reason]]:
    return [(one.outcome, one.reason) for one in decisions(steps)]


@pytest.mark.parametrize("person", [ADA, EVE], ids=["somebody known", "a stranger"])
def test_nobody_is_decided_on_while_somebody_is_enrolled_nor_before_they_have_left(
    house: FakeHouse, door: Door, person: int
) -> None:
    door.hold_off(on=True)
    assert outcomes(house.play(door, [seen(person)] * 20)) == []
    door.hold_off(on=False)
    steps = house.play(door, [seen(person)] * 20, start=2.0)
    assert outcomes(steps + house.play(door, [AWAY] * 30, start=4.0)) == []
    assert steps[-1].faces[0].told == ENROLMENT
    assert house.unlock.payloads == []
    assert [event for event in house.events() if event.kind is EventKind.DECISION] == []


def test_who_comes_afterwards_is_decided_on_as_ever(house: FakeHouse, door: Door) -> None:
    door.hold_off(on=True)
    house.play(door, [seen(EVE)] * 5)
    door.hold_off(on=False)
    house.play(door, [AWAY] * 30, start=0.5)
    assert outcomes(house.play(door, [seen(ADA, 2)] * 5, start=3.5)) == [
        (Outcome.GRANTED, Reason.MATCHED)
    ]


def test_what_was_decided_stands(house: FakeHouse, door: Door) -> None:
    before = house.play(door, [seen(ADA)] * 5)
    door.hold_off(on=True)
    during = house.play(door, [seen(ADA)] * 5, start=0.5)
    assert outcomes(before) == [(Outcome.GRANTED, Reason.MATCHED)]
    assert during[-1].faces[0].verdict is not None


def test_who_was_refused_gets_no_further_attempt_by_it(house: FakeHouse, door: Door) -> None:
    assert outcomes(house.play(door, [seen(EVE)] * 6)) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    door.hold_off(on=True)
    house.play(door, [seen(EVE)] * 6, start=0.6)
    door.hold_off(on=False)
    later = house.play(door, [seen(EVE)] * 300, start=1.2)
    assert outcomes(later + house.play(door, [AWAY] * 30, start=31.2)) == []


def test_a_track_that_breaks_does_not_end_it(house: FakeHouse, door: Door) -> None:
    door.hold_off(on=True)
    house.play(door, [seen(EVE)] * 5)
    door.hold_off(on=False)
    assert outcomes(house.play(door, [seen(EVE, 2)] * 20, start=0.5)) == []


@pytest.mark.parametrize("mode", ["passive", "challenge"])
def test_what_somebody_owed_before_is_told_when_they_leave(mode: str) -> None:
    """To have oneself enrolled must not be a way out of a refusal."""
    guest = Guest(Wanted(LivenessConfig(mode=mode, challenge_s=60)))
    assert guest.show(20) == []
    guest.door.hold_off(on=True)
    assert guest.show(20) == []
    guest.door.hold_off(on=False)
    assert guest.leave() == [UNDECIDED]


def test_life_that_was_shown_meanwhile_opens_nothing() -> None:
    guest = Guest()
    guest.door.hold_off(on=True)
    guest.house.cues.says = CONFIRM
    assert guest.show(60) == []
    guest.door.hold_off(on=False)
    assert guest.show(60) == []
    assert guest.house.unlock.payloads == []
