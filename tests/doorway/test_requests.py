"""What becomes of grants and operators' commands; expectations by hand."""

import pytest

from accessctl.domain import DoorState, Posture
from accessctl.doorway.values import (
    CommandVerb,
    ContactSeen,
    GrantGiven,
    InputSeen,
    Interlock,
    InterlockReport,
    TimePasses,
)
from tests.doorway.told import ADA, BEN, QUIET, Told, begun, command, posture


def test_who_needs_longer_has_longer() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA, extended=True), 10.0)
    assert told.keeper.outputs.until == 25.0
    told.take(ContactSeen(True), 20.0)
    told.take(TimePasses(), 79.9)
    assert told.state is DoorState.OPEN
    told.take(TimePasses(), 80.0)
    assert told.state is DoorState.HELD


def test_who_is_granted_at_an_open_door_has_come_in_and_has_time() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.take(ContactSeen(True), 11.0)
    told.words()
    told.take(GrantGiven("v2", BEN), 35.0)
    assert told.words() == ["entered"]
    assert not told.unlocked
    told.take(TimePasses(), 64.9)
    assert told.state is DoorState.OPEN


def test_a_lockdown_lets_in_named_groups_only_and_cuts_what_is_pending() -> None:
    told = begun(lockdown_groups=frozenset({"guards"}), exit_unlocks=True)
    told.take(GrantGiven("v1", ADA), 10.0)
    told.words()
    assert told.take(posture(Posture.LOCKED_DOWN), 11.0) is None
    assert told.words() == ["posture", "no_entry", "locked"]
    assert told.take(GrantGiven("v2", ADA), 12.0) == "The door is locked down."
    assert told.words() == ["refused"]
    assert told.take(GrantGiven("v3", BEN, groups=frozenset({"guards"})), 13.0) is None
    assert told.unlocked
    told.take(TimePasses(), 20.0)
    told.take(InputSeen("exit", True), 21.0)
    assert told.unlocked


def test_a_lockdown_ends_open_hours() -> None:
    told = Told(QUIET)
    told.take(TimePasses(hours=True), 10.0)
    told.take(posture(Posture.LOCKED_DOWN), 11.0)
    assert not told.unlocked
    told.take(posture(Posture.NORMAL), 12.0)
    assert told.unlocked


def test_an_operator_unlocks_for_a_time() -> None:
    told = begun()
    assert told.take(posture(Posture.OPEN_HOURS), 10.0) == (
        "Say for how long the door is to be unlocked."
    )
    assert told.take(posture(Posture.OPEN_HOURS, seconds=3600.0), 11.0) is None
    assert told.unlocked
    told.take(TimePasses(), 3611.0)
    assert told.words() == ["command_refused", "posture", "posture", "locked"]
    assert told.keeper.state.posture is Posture.NORMAL


def test_an_evacuation_lasts_until_it_is_released_and_leads_back() -> None:
    told = begun()
    told.take(posture(Posture.LOCKED_DOWN), 10.0)
    told.take(posture(Posture.EVACUATION), 11.0)
    told.take(posture(Posture.EVACUATION), 12.0)
    assert told.unlocked
    assert told.take(posture(Posture.NORMAL), 1000.0) == (
        "The door is set to evacuation; release that first."
    )
    assert told.take(command(CommandVerb.RELEASE), 2000.0) is None
    assert told.keeper.state.posture is Posture.LOCKED_DOWN
    assert not told.unlocked
    assert told.take(command(CommandVerb.RELEASE), 2001.0) is not None


def test_face_entry_that_is_off_refuses_faces_and_nothing_else() -> None:
    told = begun()
    told.take(command(CommandVerb.FACE_ENTRY, on=False), 10.0)
    assert told.take(GrantGiven("v1", ADA), 11.0) == "Face entry is switched off."
    assert told.take(GrantGiven("v2", ADA, by="badge"), 12.0) is None
    told.take(command(CommandVerb.FACE_ENTRY, on=True), 13.0)
    assert told.take(GrantGiven("v3", ADA), 14.0) is None


def test_duress_lets_in_and_raises_a_silent_alarm_that_sounds_nowhere() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA, by="pin", duress=True), 10.0)
    assert told.words() == ["duress", "unlocked"]
    outputs = told.keeper.outputs
    assert (outputs.unlock, outputs.silent, outputs.alarm) == (True, True, False)
    told.take(command(CommandVerb.ACKNOWLEDGE), 20.0)
    assert not told.keeper.outputs.silent


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"retained": True}, "kept"),
        ({"age_s": 10.5}, "last 10 seconds"),
        ({"age_s": -1.0}, "last 10 seconds"),
        ({"age_s": float("nan")}, "last 10 seconds"),
    ],
)
def test_a_command_of_another_time_opens_nothing(more: dict[str, object], why: str) -> None:
    told = begun()
    answer = told.take(command(CommandVerb.OPEN, **more), 10.0)
    assert answer is not None
    assert why in answer
    assert told.words() == ["command_refused"]
    assert not told.unlocked


def test_a_command_is_obeyed_once() -> None:
    told = begun()
    once = command(CommandVerb.OPEN, nonce="n1")
    assert told.take(once, 10.0) is None
    told.take(TimePasses(), 15.0)
    assert told.take(once, 16.0) == "That command was heard before."
    assert not told.unlocked


def test_an_interlock_keeps_the_door_shut_unless_the_arbiter_says_free() -> None:
    told = begun(interlock=True, exit_unlocks=True)
    for said in (Interlock.NONE, Interlock.TAKEN, Interlock.LOST):
        assert told.take(GrantGiven("v1", ADA, interlock=said), 10.0) is not None
        assert told.take(command(CommandVerb.OPEN, interlock=said), 10.0) is not None
    assert not told.unlocked
    assert told.take(GrantGiven("v2", ADA, interlock=Interlock.FREE), 11.0) is None
    assert told.unlocked
    told.words()
    told.take(InterlockReport(present=False), 12.0)
    assert told.words() == ["interlock_lost", "no_entry", "locked"]
    assert told.take(GrantGiven("v3", ADA, interlock=Interlock.FREE), 13.0) is not None
    told.take(InputSeen("exit", True), 14.0)
    assert told.unlocked
    told.take(InterlockReport(present=True), 15.0)
    assert told.words() == ["refused", "exit", "interlock_back"]


def test_an_operator_silences_what_has_happened() -> None:
    told = begun()
    told.take(ContactSeen(True), 10.0)
    told.take(command(CommandVerb.ACKNOWLEDGE), 11.0)
    assert not told.keeper.outputs.alarm
    assert told.state is DoorState.FORCED
