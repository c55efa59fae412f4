"""What holds of the state machine whatever comes in, in whatever order, with a log that may be
full.

`Witness` knows the rules by what it saw come in and by what reached the log, never by the machine's
own state.
"""

from dataclasses import dataclass, field, replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from accessctl.domain import DoorState, DoorwayWord, PersonId, Posture
from accessctl.doorway.keeper import Doorkeeper
from accessctl.doorway.values import (
    Alarm,
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

people = st.sampled_from([None, PersonId("ada"), PersonId("ben")])
commands = st.builds(
    OperatorCommand,
    verb=st.sampled_from(CommandVerb),
    by=st.just("janitor"),
    via=st.just("test"),
    posture=st.sampled_from(Posture),
    seconds=st.sampled_from([None, 1.0, 20.0, float("nan")]),
    on=st.booleans(),
    nonce=st.sampled_from([None, "n1", "n2"]),
    age_s=st.sampled_from([0.0, 9.0, 11.0, float("nan")]),
    retained=st.sampled_from([False, False, False, True]),
    interlock=st.sampled_from(Interlock),
)
inputs: st.SearchStrategy[DoorwayInput] = st.one_of(
    st.builds(TimePasses, hours=st.booleans()),
    st.builds(ContactSeen, open=st.sampled_from([True, False, True, False, None])),
    st.builds(
        InputSeen,
        which=st.sampled_from(["exit", "fire", "tamper"]),
        active=st.sampled_from([True, False, None]),
    ),
    st.builds(
        GrantGiven,
        visit=st.just("v"),
        person=people,
        by=st.sampled_from(["face", "pin", "badge"]),
        groups=st.sampled_from([frozenset(), frozenset({"guards"})]),
        extended=st.booleans(),
        duress=st.booleans(),
        interlock=st.sampled_from(Interlock),
    ),
    commands,
    st.builds(
        OutputReport,
        name=st.sampled_from(["lock", "alarm"]),
        ok=st.booleans(),
        detail=st.just("relay"),
    ),
    st.builds(InterlockReport, present=st.booleans()),
)
rules = st.builds(
    DoorwayRules,
    unlock_s=st.sampled_from([1.0, 5.0]),
    held_s=st.sampled_from([2.0, 30.0]),
    exit_s=st.sampled_from([1.0, 10.0]),
    exit_unlocks=st.booleans(),
    first_person=st.booleans(),
    lockdown_groups=st.sampled_from([frozenset(), frozenset({"guards"})]),
    interlock=st.booleans(),
)
starts = st.builds(
    DoorwayStart,
    contact_open=st.sampled_from([False, True, None]),
    exit_active=st.sampled_from([False, None]),
    fire=st.sampled_from([False, True, None]),
    tamper=st.sampled_from([False, None]),
    posture=st.sampled_from(Posture),
    seconds=st.sampled_from([None, 10.0]),
    face_entry=st.booleans(),
)
pauses = st.sampled_from([0.0, 0.1, 0.4, 0.6, 1.0, 3.0, 12.0, 100.0])
days = st.lists(
    st.tuples(pauses, inputs, st.sampled_from([False, False, False, True])), max_size=40
)


@dataclass
class Witness:
    """A doorkeeper, and what an onlooker makes of what comes in and what reaches the log."""

    rules: DoorwayRules
    start: DoorwayStart
    now: float = 0.0
    full: bool = False
    kept: list[DoorwayRecord] = field(default_factory=list)
    driven: LockOutputs | None = None
    leaf: bool | None = None
    fire: bool = False
    evacuated: bool = False
    exit_active: bool = False
    exit_until: float = float("-inf")
    unlocked_until: float = float("-inf")
    posture: Posture = Posture.NORMAL
    posture_until: float = float("-inf")
    grant_until: float = float("-inf")
    hours_open: bool = False
    begun: bool = False

    def __post_init__(self) -> None:
        self.leaf, self.fire = self.start.contact_open, bool(self.start.fire)
        self.evacuated = self.start.posture is Posture.EVACUATION
        self.keeper = Doorkeeper(self.rules, self.write, self.drive, lambda: self.now)
        self.keeper.take(self.start, 0.0)
        self.look()

    def write(self, record: DoorwayRecord, _time: float) -> bool:
        if self.full:
            return False
        self.kept.append(record)
        self.learn(record)
        return True

    def drive(self, outputs: LockOutputs) -> None:
        self.driven = outputs
        assert not outputs.unlock or self.has_cause(), "unlocked before its record"

    def learn(self, record: DoorwayRecord) -> None:
        """What a record that is on disk says about what may unlock."""
        data = record.data
        if record.word is DoorwayWord.UNLOCKED and data["cause"] == "grant":
            self.grant_until = max(self.grant_until, self.now + data["for_s"])
        begins = record.word is DoorwayWord.OPEN_HOURS
        self.begun = self.begun or begins or data.get("begins_hours", False)
        if record.word in (DoorwayWord.POSTURE, DoorwayWord.STARTED):
            self.posture = Posture(data["posture"])
            if "for_s" in data:
                self.posture_until = self.now + data["for_s"]
            elif record.word is DoorwayWord.STARTED:
                self.posture_until = self.now + (self.start.seconds or 0.0)

    def leaving(self) -> bool:
        return self.exit_active or self.now < self.exit_until

    def has_cause(self) -> bool:
        timed = self.posture is Posture.OPEN_HOURS and self.now < self.posture_until
        return (
            self.fire
            or self.evacuated
            or (self.rules.exit_unlocks and self.leaving())
            or self.now < self.grant_until
            or (self.hours_open and self.begun)
            or timed
        )

    def lasts_until(self) -> float:
        """Until when what unlocks has lasted, at most now."""
        if self.fire or self.evacuated or self.exit_active or (self.hours_open and self.begun):
            return self.now
        ends = [self.grant_until]
        ends += [self.exit_until] if self.rules.exit_unlocks else []
        ends += [self.posture_until] if self.posture is Posture.OPEN_HOURS else []
        return min(self.now, max(ends))

    def take(self, given: DoorwayInput, pause: float, full: bool) -> tuple[bool, int]:
        """Whether `given` opened the leaf uncovered, and how many records came of it."""
        self.full = full
        self.now += pause
        if self.keeper.outputs.unlock:
            self.unlocked_until = self.lasts_until()
        self.keeper.take(TimePasses(self.hours_open), self.now)
        self.look()
        uncovered = False
        match given:
            case TimePasses(hours=hours):
                self.begun = self.begun and hours and self.hours_open
                self.hours_open = hours
            case ContactSeen(open=opened):
                if opened and self.leaf is not True:
                    uncovered = not (
                        self.now <= self.unlocked_until + self.rules.grace_s or self.leaving()
                    )
                    uncovered = uncovered and self.now > self.exit_until + self.rules.grace_s
                if opened:
                    self.grant_until = float("-inf")
                self.leaf = opened
            case InputSeen(which="fire", active=active) if active is not None:
                self.fire = active
            case InputSeen(which="exit", active=active):
                if active:
                    self.exit_until = max(self.exit_until, self.now + self.rules.exit_s)
                elif self.exit_active:
                    self.exit_until = self.now + self.rules.exit_s
                self.exit_active = bool(active)
        evacuates = isinstance(given, OperatorCommand) and given.posture is Posture.EVACUATION
        before = len(self.kept) + self.keeper.owed
        was, self.evacuated = self.evacuated, self.evacuated or evacuates
        refused = self.keeper.take(given, self.now)
        if isinstance(given, OperatorCommand):
            set_it = given.verb is CommandVerb.POSTURE and evacuates and refused is None
            ended = given.verb is CommandVerb.RELEASE and refused is None
            self.evacuated = (was or set_it) and not ended
        self.look()
        return uncovered, len(self.kept) + self.keeper.owed - before

    def look(self) -> None:
        outputs = self.keeper.outputs
        assert outputs == self.driven
        assert not outputs.unlock or self.has_cause()
        if outputs.unlock:
            self.unlocked_until = self.now

    def told(self) -> list[DoorwayWord]:
        return [one.word for one in (*self.kept, *(owed.record for owed in self.keeper._owed))]


@settings(max_examples=150, deadline=None)
@given(rules, starts, days)
def test_it_is_never_unlocked_without_a_recorded_cause_that_holds(
    rules: DoorwayRules, start: DoorwayStart, day: list[tuple[float, DoorwayInput, bool]]
) -> None:
    witness = Witness(rules, start)
    for pause, given_input, full in day:
        witness.take(given_input, pause, full)
        if witness.keeper.outputs.unlock:
            event("unlocked")


@settings(max_examples=150, deadline=None)
@given(rules, starts, days)
def test_forced_is_never_missed_and_never_said_of_an_exit(
    rules: DoorwayRules, start: DoorwayStart, day: list[tuple[float, DoorwayInput, bool]]
) -> None:
    witness = Witness(rules, start)
    for pause, given_input, full in day:
        before = witness.told().count(DoorwayWord.FORCED)
        left = witness.leaving()
        uncovered, _ = witness.take(given_input, pause, full)
        forced = witness.told().count(DoorwayWord.FORCED) - before
        if uncovered:
            event("forced")
            assert forced == 1
            assert witness.keeper.outputs.state is DoorState.FORCED
            assert Alarm.FORCED in witness.keeper.outputs.alarms
        if left and witness.leaving():
            event("an exit")
            assert forced == 0


@settings(max_examples=60, deadline=None)
@given(rules, starts, days)
def test_every_record_reaches_a_log_that_has_room_again(
    rules: DoorwayRules, start: DoorwayStart, day: list[tuple[float, DoorwayInput, bool]]
) -> None:
    witness = Witness(rules, start)
    for pause, given_input, full in day:
        witness.take(given_input, pause, full)
    witness.take(TimePasses(witness.hours_open), 1000.0, False)
    assert witness.keeper.owed == 0


@settings(max_examples=60, deadline=None)
@given(rules, days)
def test_after_all_is_over_the_door_is_locked(
    rules: DoorwayRules, day: list[tuple[float, DoorwayInput, bool]]
) -> None:
    """Nothing unlocks for ever but what has not been ended."""
    witness = Witness(rules, DoorwayStart(False, False, False, False))
    for pause, given_input, full in day:
        witness.take(given_input, pause, full)
    release = OperatorCommand(CommandVerb.RELEASE, "janitor", "test")
    ends: list[DoorwayInput] = [
        InputSeen("fire", False),
        InputSeen("exit", False),
        release,
        TimePasses(hours=False),
    ]
    for end in ends:
        witness.take(end, 200.0, False)
    witness.take(TimePasses(hours=False), 200.0, False)
    assert not witness.keeper.outputs.unlock


@settings(max_examples=60, deadline=None)
@given(rules, st.lists(st.tuples(pauses, inputs), max_size=20))
def test_the_same_day_ends_the_same(
    rules: DoorwayRules, day: list[tuple[float, DoorwayInput]]
) -> None:
    start = DoorwayStart(False, False, False, False)
    one, other = Witness(rules, start), Witness(rules, replace(start))
    for pause, given_input in day:
        one.take(given_input, pause, False)
        other.take(given_input, pause, False)
    assert repr(one.keeper.state) == repr(other.keeper.state)
    assert repr(one.kept) == repr(other.kept)
