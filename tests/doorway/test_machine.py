"""What the state machine makes of a day's events, one by one; expectations by hand."""

from dataclasses import dataclass, field, replace

import pytest

from accessctl.domain import DoorState, DoorwayWord, PersonId, Posture
from accessctl.doorway.keeper import NOT_RECORDED, Doorkeeper
from accessctl.doorway.reading import next_deadline
from accessctl.doorway.values import (
    Alarm,
    Cause,
    CommandVerb,
    ContactSeen,
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    DoorwayStart,
    GrantGiven,
    InputSeen,
    Interlock,
    InterlockReport,
    LockOutputs,
    OperatorCommand,
    OutputReport,
    TimePasses,
)

ADA, BEN = PersonId("ada"), PersonId("ben")
START = DoorwayStart(False, False, False, False)
QUIET = DoorwayRules(first_person=False)


@dataclass
class Told:
    """A doorkeeper, what it wrote down and drove, in one list; the log may be `full`."""

    rules: DoorwayRules = field(default_factory=DoorwayRules)
    start: DoorwayStart = START
    full: bool = False
    happened: list[DoorwayRecord | LockOutputs] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeper = Doorkeeper(self.rules, self.write, self.happened.append, lambda: 1000.0)
        self.keeper.take(self.start, 0.0)

    def write(self, record: DoorwayRecord, _time: float) -> bool:
        if not self.full:
            self.happened.append(record)
        return not self.full

    def take(self, given: DoorwayInput, now: float) -> str | None:
        return self.keeper.take(given, now)

    def words(self) -> list[str]:
        """What was written since the last call."""
        found = [one.word.value for one in self.happened if isinstance(one, DoorwayRecord)]
        self.happened.clear()
        return found

    @property
    def state(self) -> DoorState:
        return self.keeper.outputs.state

    @property
    def unlocked(self) -> bool:
        return self.keeper.outputs.unlock


def command(verb: CommandVerb, **more: object) -> OperatorCommand:
    return replace(OperatorCommand(verb, by="janitor", via="test"), **more)


def posture(wanted: Posture, **more: object) -> OperatorCommand:
    return command(CommandVerb.POSTURE, posture=wanted, **more)


def begun(**more: object) -> Told:
    told = Told(DoorwayRules(**more))
    told.words()
    return told


def test_it_starts_shut_and_locked_and_says_so() -> None:
    told = Told()
    assert told.words() == ["doorway_started"]
    assert told.state is DoorState.CLOSED
    assert not told.unlocked
    assert next_deadline(told.rules, told.keeper.state) is None


def test_a_grant_is_on_record_before_the_lock_is_driven() -> None:
    told = begun()
    assert told.take(GrantGiven("v1", ADA), 10.0) is None
    first, second = told.happened
    assert isinstance(first, DoorwayRecord)
    assert (first.word, first.person) == (DoorwayWord.UNLOCKED, ADA)
    assert first.data == {"cause": "grant", "visit": "v1", "by": "face", "for_s": 5.0}
    assert isinstance(second, LockOutputs)
    assert (second.unlock, second.until, second.causes) == (True, 15.0, (Cause.GRANT,))


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


def test_who_needs_longer_has_longer() -> None:
    told = begun()
    told.take(GrantGiven("v1", ADA, extended=True), 10.0)
    assert told.keeper.outputs.until == 25.0
    told.take(ContactSeen(True), 20.0)
    told.take(TimePasses(), 79.9)
    assert told.state is DoorState.OPEN
    told.take(TimePasses(), 80.0)
    assert told.state is DoorState.HELD


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


def test_an_exit_button_that_sticks_is_told_and_still_lets_out() -> None:
    told = begun(exit_unlocks=True)
    told.take(InputSeen("exit", True), 10.0)
    told.words()
    told.take(TimePasses(), 70.0)
    assert told.words() == ["exit_stuck"]
    assert told.unlocked
    told.take(InputSeen("exit", False), 71.0)
    assert told.words() == ["exit_freed"]


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


def test_open_hours_begin_once_their_record_can_be_written() -> None:
    told = Told(QUIET)
    told.full = True
    told.take(TimePasses(hours=True), 10.0)
    assert not told.unlocked
    told.full = False
    told.take(TimePasses(hours=True), 11.0)
    assert told.unlocked


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


def test_a_lost_contact_is_an_alarm_and_an_open_door_after_it_is_forced() -> None:
    told = begun()
    told.take(ContactSeen(None), 10.0)
    assert told.keeper.outputs.alarms == (Alarm.LINE,)
    told.take(ContactSeen(True), 11.0)
    assert told.words() == ["line_lost", "line_back", "forced"]


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


def test_a_restart_unlocks_for_no_hours_that_it_cannot_write_down() -> None:
    start = replace(START, posture=Posture.OPEN_HOURS, seconds=60.0)
    told = Told(start=start, full=True)
    assert not told.unlocked


def test_a_door_that_stands_open_at_the_start_is_held_in_due_time() -> None:
    told = Told(start=replace(START, contact_open=True))
    assert told.state is DoorState.OPEN
    told.take(TimePasses(), 30.0)
    assert told.state is DoorState.HELD


def test_an_operator_silences_what_has_happened() -> None:
    told = begun()
    told.take(ContactSeen(True), 10.0)
    told.take(command(CommandVerb.ACKNOWLEDGE), 11.0)
    assert not told.keeper.outputs.alarm
    assert told.state is DoorState.FORCED
