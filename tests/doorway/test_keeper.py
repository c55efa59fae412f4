"""What has to be on record before it takes effect, and what acts first; expectations by hand."""

from dataclasses import replace

import pytest

from accessctl.domain import DoorwayWord, Posture
from accessctl.doorway.keeper import NOT_RECORDED
from accessctl.doorway.values import (
    Alarm,
    Cause,
    CommandVerb,
    ContactSeen,
    DoorwayInput,
    DoorwayRecord,
    GrantGiven,
    InputSeen,
    LockOutputs,
    TimePasses,
)
from tests.doorway.told import ADA, QUIET, START, Told, begun, command, posture


def test_a_grant_is_on_record_before_the_lock_is_driven() -> None:
    told = begun()
    assert told.take(GrantGiven("v1", ADA), 10.0) is None
    first, second = told.happened
    assert isinstance(first, DoorwayRecord)
    assert (first.word, first.person) == (DoorwayWord.UNLOCKED, ADA)
    assert first.data == {"cause": "grant", "visit": "v1", "by": "face", "for_s": 5.0}
    assert isinstance(second, LockOutputs)
    assert (second.unlock, second.until, second.causes) == (True, 15.0, (Cause.GRANT,))


def test_an_exit_unlocks_before_it_is_written_down() -> None:
    told = begun(exit_unlocks=True)
    told.take(InputSeen("exit", True), 10.0)
    outputs, record = told.happened
    assert isinstance(outputs, LockOutputs)
    assert outputs.causes == (Cause.EXIT,)
    assert isinstance(record, DoorwayRecord)
    assert record.word is DoorwayWord.EXIT
    told.take(InputSeen("exit", False), 11.0)
    told.words()
    told.take(TimePasses(), 20.9)
    assert told.unlocked
    told.take(TimePasses(), 21.0)
    assert told.words() == ["locked"]
    assert not told.unlocked


def test_open_hours_begin_once_their_record_can_be_written() -> None:
    told = Told(QUIET)
    told.full = True
    told.take(TimePasses(hours=True), 10.0)
    assert not told.unlocked
    told.full = False
    told.take(TimePasses(hours=True), 11.0)
    assert told.unlocked


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (InputSeen("exit", True), "exit"),
        (InputSeen("fire", True), "fire"),
        (posture(Posture.EVACUATION), "posture"),
    ],
)
def test_with_a_full_disk_the_way_out_opens_and_is_recorded_later(
    given: DoorwayInput, word: str
) -> None:
    told = begun(exit_unlocks=True)
    told.full = True
    assert told.take(given, 10.0) is None
    assert told.unlocked
    assert told.words() == []
    told.full = False
    told.take(TimePasses(), 11.0)
    assert word in told.words()
    assert told.keeper.owed == 0


@pytest.mark.parametrize(
    "given",
    [
        GrantGiven("v1", ADA),
        command(CommandVerb.OPEN),
        posture(Posture.OPEN_HOURS, seconds=60.0),
    ],
)
def test_with_a_full_disk_nothing_else_opens(given: DoorwayInput) -> None:
    told = begun()
    told.full = True
    assert told.take(given, 10.0) == NOT_RECORDED
    assert not told.unlocked


def test_with_a_full_disk_a_lockdown_holds_and_an_evacuation_is_not_ended() -> None:
    told = begun()
    told.full = True
    told.take(posture(Posture.LOCKED_DOWN), 10.0)
    assert told.keeper.state.posture is Posture.LOCKED_DOWN
    assert told.take(posture(Posture.NORMAL), 11.0) == NOT_RECORDED
    told.take(posture(Posture.EVACUATION), 12.0)
    assert told.take(command(CommandVerb.RELEASE), 13.0) == NOT_RECORDED
    assert told.unlocked
    told.full = False
    assert told.take(command(CommandVerb.RELEASE), 14.0) is None
    assert told.words() == ["posture", "posture", "posture", "locked"]


def test_a_forced_door_is_an_alarm_with_a_full_disk_too() -> None:
    told = begun()
    told.full = True
    told.take(ContactSeen(True), 10.0)
    assert told.keeper.outputs.alarms == (Alarm.FORCED,)


def test_a_restart_unlocks_for_no_hours_that_it_cannot_write_down() -> None:
    start = replace(START, posture=Posture.OPEN_HOURS, seconds=60.0)
    told = Told(start=start, full=True)
    assert not told.unlocked
