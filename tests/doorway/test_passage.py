"""What becomes of a doorway when its leaf moves and when time passes; expectations by hand."""

from dataclasses import replace

import pytest

from accessctl.domain import DoorState, Posture
from accessctl.doorway.values import (
    Alarm,
    Cause,
    CommandVerb,
    ContactSeen,
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    GrantGiven,
    InputSeen,
    TimePasses,
)
from tests.doorway.told import ADA, START, Told, begun, command, posture


def test_the_pulse_is_cut_when_the_door_opens() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.words()
    told.take(ContactSeen(True), 11.0)
    assert told.words() == ["opened", "entered"]
    assert (told.state, told.unlocked) == (DoorState.OPEN, False)
    told.take(ContactSeen(False), 14.0)
    assert told.words() == ["closed"]
    assert told.state is DoorState.CLOSED


def test_a_grant_that_nobody_used_is_no_entry() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.words()
    told.take(TimePasses(), 14.9)
    assert told.words() == []
    told.take(TimePasses(), 15.0)
    no_entry = told.happened[0]
    assert isinstance(no_entry, DoorwayRecord)
    assert no_entry.data == {"visit": "v1", "by": "face", "why": "time"}
    assert no_entry.person == ADA
    assert told.words() == ["no_entry", "locked"]


def test_without_a_contact_a_grant_that_ends_says_nothing_of_an_entry() -> None:
    told = Told(DoorwayRules(contact=False), replace(START, contact_open=None))
    told.words()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.take(TimePasses(), 15.0)
    assert told.words() == ["unlocked", "locked"]


def test_a_door_that_comes_open_without_a_cause_is_forced() -> None:
    told = begun()
    told.take(ContactSeen(True), 10.0)
    assert told.words() == ["forced"]
    assert told.state is DoorState.FORCED
    assert told.keeper.outputs.alarms == (Alarm.FORCED,)
    told.take(ContactSeen(False), 12.0)
    assert told.words() == ["closed"]
    assert told.keeper.outputs.alarms == (Alarm.FORCED,)
    told.take(TimePasses(), 189.0)
    assert told.keeper.outputs.alarm
    told.take(TimePasses(), 190.0)
    assert told.words() == ["alarm_over"]
    assert not told.keeper.outputs.alarm


@pytest.mark.parametrize(("opened", "forced"), [(15.4, False), (15.6, True)])
def test_the_grace_covers_a_door_in_hand_and_no_more(opened: float, forced: bool) -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.take(TimePasses(), 15.0)
    told.take(ContactSeen(True), opened)
    assert (told.state is DoorState.FORCED) is forced


@pytest.mark.parametrize(
    "cause",
    [GrantGiven("v1", ADA), posture(Posture.OPEN_HOURS, seconds=5.0)],
)
def test_what_ran_out_long_ago_covers_nothing_though_nobody_looked(cause: DoorwayInput) -> None:
    told = begun()
    told.take(cause, 10.0)
    told.take(ContactSeen(True), 16.0)
    assert told.state is DoorState.FORCED


def test_an_exit_that_ran_out_long_ago_covers_nothing_though_nobody_looked() -> None:
    told = begun()
    told.take(InputSeen("exit", True), 10.0)
    told.take(InputSeen("exit", False), 10.1)
    told.take(ContactSeen(True), 600.0)
    assert told.state is DoorState.FORCED


def test_a_door_that_was_open_before_the_grant_was_forced() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.words()
    told.take(ContactSeen(True, at=9.9), 10.1)
    assert told.words() == ["forced", "entered"]


def test_a_door_held_open_is_told_once_and_ends_when_it_shuts() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA), 10.0)
    told.take(ContactSeen(True), 11.0)
    told.words()
    told.take(TimePasses(), 41.0)
    told.take(TimePasses(), 50.0)
    assert told.words() == ["held"]
    assert told.keeper.outputs.alarms == (Alarm.HELD,)
    told.take(ContactSeen(False), 60.0)
    assert told.words() == ["closed"]
    assert not told.keeper.outputs.alarm


def test_open_hours_wait_for_the_first_person_who_comes_in() -> None:
    told = begun()
    told.take(TimePasses(hours=True), 10.0)
    assert not told.unlocked
    told.take(GrantGiven("v1", ADA), 11.0)
    told.take(ContactSeen(True), 12.0)
    assert told.words() == ["unlocked", "opened", "entered", "open_hours"]
    told.take(ContactSeen(False), 13.0)
    assert told.keeper.outputs.causes == (Cause.OPEN_HOURS,)
    told.take(TimePasses(hours=False), 20.0)
    assert told.words() == ["closed", "open_hours_over", "locked"]
    told.take(TimePasses(hours=True), 30.0)
    assert not told.unlocked


def test_an_operator_who_opens_the_door_is_no_first_person() -> None:
    told = begun()
    told.take(TimePasses(hours=True), 10.0)
    told.take(command(CommandVerb.OPEN), 11.0)
    told.take(ContactSeen(True), 12.0)
    told.take(ContactSeen(False), 13.0)
    assert not told.unlocked


def test_a_lost_contact_is_an_alarm_and_an_open_door_after_it_is_forced() -> None:
    told = begun()
    told.take(ContactSeen(None), 10.0)
    assert told.keeper.outputs.alarms == (Alarm.LINE,)
    told.take(ContactSeen(True), 11.0)
    assert told.words() == ["line_lost", "line_back", "forced"]
