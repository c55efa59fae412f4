"""What the state machine makes of inputs, outputs and a restart; expectations by hand."""

from dataclasses import replace

import pytest

from accessctl.domain import DoorState, Posture
from accessctl.doorway.reading import next_deadline
from accessctl.doorway.values import (
    Alarm,
    Cause,
    CommandVerb,
    ContactSeen,
    DoorwayRules,
    DoorwayStart,
    GrantGiven,
    InputSeen,
    OutputReport,
    TimePasses,
)
from tests.doorway.told import ADA, QUIET, START, Told, begun, command


def test_it_starts_shut_and_locked_and_says_so() -> None:
    told = Told()
    assert told.words() == ["doorway_started"]
    assert told.state is DoorState.CLOSED
    assert not told.unlocked
    assert next_deadline(told.rules, told.keeper.state) is None


def test_an_exit_shunts_forced_and_unlocks_nothing_by_default() -> None:
    told = begun()
    told.take(InputSeen("exit", True), 10.0)
    told.take(InputSeen("exit", False), 10.5)
    assert told.words() == ["exit"]
    assert not told.unlocked
    told.take(ContactSeen(True), 15.0)
    assert told.words() == ["opened"]
    assert told.state is DoorState.OPEN


@pytest.mark.parametrize(("opened", "forced"), [(10.0, False), (9.97, True)])
def test_an_exit_covers_from_when_it_was_asked_for_however_late_it_is_heard(
    opened: float, forced: bool
) -> None:
    told = begun()
    told.take(TimePasses(), 10.04)
    told.take(InputSeen("exit", True, at=9.98), 10.05)
    told.take(ContactSeen(True, at=opened), 10.06)
    assert (told.state is DoorState.FORCED) is forced


def test_an_exit_button_that_sticks_is_told_and_still_lets_out() -> None:
    told = begun(exit_unlocks=True)
    told.take(InputSeen("exit", True), 10.0)
    told.words()
    told.take(TimePasses(), 70.0)
    assert told.words() == ["exit_stuck"]
    assert told.unlocked
    told.take(InputSeen("exit", False), 71.0)
    assert told.words() == ["exit_freed"]


def test_open_hours_without_a_first_person_begin_by_the_clock_on_record() -> None:
    told = Told(QUIET)
    told.words()
    told.take(TimePasses(hours=True), 10.0)
    assert told.words() == ["open_hours"]
    assert told.unlocked
    told.take(ContactSeen(True), 11.0)
    told.take(TimePasses(hours=True), 900.0)
    assert told.state is DoorState.OPEN
    told.take(TimePasses(hours=False), 1000.0)
    told.take(TimePasses(hours=False), 1030.0)
    assert told.state is DoorState.HELD


def test_a_fire_unlocks_for_as_long_as_it_lasts_and_a_burnt_wire_changes_nothing() -> None:
    told = begun()
    told.take(InputSeen("fire", None), 9.0)
    assert not told.unlocked
    told.take(InputSeen("fire", True), 10.0)
    assert told.keeper.outputs.causes == (Cause.FIRE,)
    told.take(InputSeen("fire", None), 11.0)
    assert told.unlocked
    told.take(InputSeen("fire", False), 12.0)
    assert not told.unlocked
    assert told.words() == [
        "line_lost", "line_back", "fire", "line_lost", "line_back", "fire_over", "locked",
    ]  # fmt: skip


def test_a_relay_that_fails_is_an_alarm_until_it_answers() -> None:
    told = begun()
    told.take(OutputReport("lock", False, "no answer"), 10.0)
    told.take(OutputReport("lock", False, "no answer"), 11.0)
    assert told.keeper.outputs.alarms == (Alarm.OUTPUT,)
    told.take(OutputReport("lock", True, "on"), 12.0)
    assert told.words() == ["output_failed", "output_back"]
    assert not told.keeper.outputs.alarm


def test_without_a_contact_a_relay_that_fails_is_no_entry() -> None:
    told = Told(DoorwayRules(contact=False), replace(START, contact_open=None))
    told.take(GrantGiven("v1", ADA), 10.0)
    told.words()
    told.take(OutputReport("lock", False, "no answer"), 11.0)
    assert told.words() == ["output_failed", "no_entry", "locked"]


def test_tampering_is_an_alarm_for_as_long_as_it_lasts() -> None:
    told = begun()
    told.take(InputSeen("tamper", True), 10.0)
    told.take(command(CommandVerb.ACKNOWLEDGE), 11.0)
    assert told.keeper.outputs.alarms == (Alarm.TAMPER,)
    told.take(InputSeen("tamper", False), 12.0)
    assert told.words() == ["tamper", "acknowledged", "tamper_over"]
    assert not told.keeper.outputs.alarm


@pytest.mark.parametrize(
    ("start", "unlocked", "kept"),
    [
        (replace(START, posture=Posture.EVACUATION), True, Posture.EVACUATION),
        (replace(START, posture=Posture.LOCKED_DOWN), False, Posture.LOCKED_DOWN),
        (replace(START, posture=Posture.OPEN_HOURS, seconds=60.0), True, Posture.OPEN_HOURS),
        (replace(START, posture=Posture.OPEN_HOURS), False, Posture.NORMAL),
        (replace(START, posture=Posture.OPEN_HOURS, seconds=1e9), False, Posture.NORMAL),
        (replace(START, fire=True), True, Posture.NORMAL),
    ],
)
def test_a_restart_brings_back_what_was_set(
    start: DoorwayStart, unlocked: bool, kept: Posture
) -> None:
    told = Told(start=start)
    assert told.unlocked is unlocked
    assert told.keeper.state.posture is kept
    assert told.words() == ["doorway_started"]


def test_a_door_that_stands_open_at_the_start_is_held_in_due_time() -> None:
    told = Told(start=replace(START, contact_open=True))
    assert told.state is DoorState.OPEN
    told.take(TimePasses(), 30.0)
    assert told.state is DoorState.HELD
