from dataclasses import replace

from accessctl.domain import Posture
from accessctl.doorway.reading import alarms_of, causes_of, next_deadline, secure
from accessctl.doorway.values import (
    Alarm,
    Cause,
    DoorwayRules,
    DoorwayState,
    Leaf,
    PendingGrant,
)

RULES = DoorwayRules(exit_unlocks=True)
SHUT = DoorwayState(at=100.0, leaf=Leaf.SHUT)
GRANT = PendingGrant(105.0, "v", None, False, "face")


def test_several_causes_hold_at_once_the_strongest_first() -> None:
    state = replace(
        SHUT,
        fire=True,
        posture=Posture.EVACUATION,
        exit_active=True,
        grants=(GRANT,),
    )
    assert causes_of(RULES, state) == (Cause.FIRE, Cause.EVACUATION, Cause.EXIT, Cause.GRANT)


def test_a_door_without_a_contact_is_secure_when_locked_and_one_with_a_lost_contact_never() -> None:
    unknown = replace(SHUT, leaf=Leaf.UNKNOWN)
    assert secure(RULES, SHUT)
    assert not secure(RULES, unknown)
    assert secure(replace(RULES, contact=False), unknown)
    assert not secure(RULES, replace(SHUT, grants=(GRANT,)))
    assert not secure(RULES, replace(SHUT, leaf=Leaf.OPEN))


def test_a_lost_exit_line_is_told_but_sounds_no_alarm() -> None:
    assert alarms_of(replace(SHUT, lost=frozenset({"exit"}))) == ()
    assert alarms_of(replace(SHUT, lost=frozenset({"contact"}))) == (Alarm.LINE,)


def test_the_next_deadline_is_the_first_of_what_runs_out() -> None:
    assert next_deadline(RULES, SHUT) is None
    assert next_deadline(RULES, replace(SHUT, grants=(GRANT,))) == 105.0
    assert next_deadline(RULES, replace(SHUT, grants=(GRANT,), exit_until=103.0)) == 103.0
    opened = replace(SHUT, leaf=Leaf.OPEN, held_at=130.0)
    assert next_deadline(RULES, opened) == 130.0
    assert next_deadline(RULES, replace(opened, fire=True)) is None
    stuck = replace(SHUT, exit_active=True, exit_since=90.0)
    assert next_deadline(RULES, stuck) == 150.0
