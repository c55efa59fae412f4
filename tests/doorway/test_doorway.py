"""The doorway at work, with fakes for its lines and a clock that the test turns."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from accessctl.domain import DoorState, Posture
from accessctl.doorway.doorway import Doorway, DoorwayLoop, DoorwayParts
from accessctl.doorway.interlock import FileArbiter
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.memory import PostureMemory
from accessctl.doorway.values import (
    CommandVerb,
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    DoorwayState,
    GrantGiven,
    InputSeen,
    LockOutputs,
    OperatorCommand,
)
from accessctl.errors import FaultError
from tests.patience import wait_for

PATIENCE_S = 30.0
EPOCH = 1_800_000_000.0


@dataclass
class House:
    """A doorway of fakes; `now` is its clock."""

    memory: Path
    rules: DoorwayRules = field(default_factory=DoorwayRules)
    maglock: bool = False
    now: float = 100.0
    open_hours: bool = False
    inputs: FakeInputs = field(
        default_factory=lambda: FakeInputs(
            {"contact": False, "exit": False, "fire": False, "tamper": False}
        )
    )
    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    siren: FakeOutput = field(default_factory=lambda: FakeOutput("siren"))
    kept: list[DoorwayRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.changed = threading.Condition()

    def record(self, record: DoorwayRecord, _time: float) -> bool:
        with self.changed:
            self.kept.append(record)
            self.changed.notify_all()
        return True

    def words(self) -> list[str]:
        return [record.word.value for record in self.kept]

    def wait_for(self, word: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: word in self.words(), PATIENCE_S), self.words()

    def parts(self, **more: object) -> DoorwayParts:
        given: dict[str, object] = {
            "rules": self.rules,
            "record": self.record,
            "clock": lambda: self.now,
            "wall_clock": lambda: EPOCH + self.now,
            "inputs": self.inputs,
            "outputs": {"lock": self.lock, "alarm": self.siren},
            "maglock": self.maglock,
            "memory": PostureMemory(self.memory),
            "hours": lambda _: self.open_hours,
        }
        return DoorwayParts(**{**given, **more})  # type: ignore[arg-type]


class Follower:
    def __init__(self) -> None:
        self.records: list[str] = []
        self.states: list[DoorState] = []
        self.fault: Exception | None = None

    def recorded(self, record: DoorwayRecord, time: float) -> None:
        self.records.append(record.word.value)
        if self.fault is not None:
            raise self.fault

    def changed(self, outputs: LockOutputs, state: DoorwayState) -> None:
        self.states.append(outputs.state)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "doorway.json")


def loop_of(house: House, **more: object) -> DoorwayLoop:
    later: list[DoorwayInput] = []
    loop = DoorwayLoop(house.parts(listeners=(), **more), later.append)
    loop.start()
    return loop


def set_posture(posture: Posture, seconds: float | None = None) -> OperatorCommand:
    return OperatorCommand(CommandVerb.POSTURE, "janitor", "test", posture=posture, seconds=seconds)


@pytest.mark.parametrize(("maglock", "locked"), [(False, False), (True, True)])
def test_a_strike_gets_power_to_open_and_a_maglock_to_lock(
    house: House, maglock: bool, locked: bool
) -> None:
    house.maglock = maglock
    loop = loop_of(house)
    assert house.lock.on is locked
    assert loop.take(GrantGiven("v1")) is None
    assert house.lock.on is not locked
    house.now += 5.0
    loop.turn()
    assert house.lock.on is locked
    loop.stop()
    assert house.lock.on is locked
    assert house.lock.closed


def test_the_alarm_output_follows_the_alarm(house: House) -> None:
    loop = loop_of(house)
    assert house.siren.on is False
    loop.take(InputSeen("tamper", True))
    assert house.siren.on is True
    loop.take(InputSeen("tamper", False))
    assert house.siren.on is False


def test_it_waits_no_longer_than_the_next_thing_to_do(house: House) -> None:
    loop = loop_of(house)
    assert loop.pause() == 0.5
    loop.take(GrantGiven("v1"))
    house.now += 4.8
    assert loop.pause() == pytest.approx(0.2)
    house.now += 10.0
    assert loop.pause() == 0.0


def test_the_schedule_opens_and_closes(house: House) -> None:
    house.rules = DoorwayRules(first_person=False)
    loop = loop_of(house)
    house.open_hours = True
    loop.turn()
    assert house.lock.on is True
    house.open_hours = False
    loop.turn()
    assert house.lock.on is False


@pytest.mark.parametrize(
    ("posture", "free"), [(Posture.EVACUATION, True), (Posture.LOCKED_DOWN, False)]
)
def test_a_stop_and_a_start_keep_what_was_set(house: House, posture: Posture, free: bool) -> None:
    loop = loop_of(house)
    assert loop.take(set_posture(posture)) is None
    loop.stop()
    assert house.lock.on is free
    house.lock.on = None
    again = loop_of(house)
    assert again.state.posture is posture
    assert house.lock.on is free
    assert house.words()[-1] == "doorway_started"


def test_hours_that_an_operator_began_end_on_time_after_a_restart(house: House) -> None:
    loop = loop_of(house)
    loop.take(set_posture(Posture.OPEN_HOURS, 60.0))
    loop.stop()
    assert house.lock.on is False
    house.now += 50.0
    again = loop_of(house)
    assert house.lock.on is True
    house.now += 10.0
    again.turn()
    assert house.lock.on is False


def test_without_a_clock_that_is_believed_no_hours_come_back(house: House) -> None:
    loop = loop_of(house)
    loop.take(set_posture(Posture.OPEN_HOURS, 60.0))
    loop.stop()
    loop_of(house, clock_believed=lambda: False)
    assert house.lock.on is False


def test_a_memory_that_cannot_be_read_leaves_the_door_locked_down(house: House) -> None:
    house.memory.write_text("{")
    assert loop_of(house).state.posture is Posture.LOCKED_DOWN


def test_inputs_that_cannot_be_read_at_the_start_unlock_nothing(house: House) -> None:
    house.inputs.gone = True
    loop = loop_of(house)
    assert house.lock.on is False
    assert loop.state.lost == {"contact"}


def test_two_doors_of_an_interlock(house: House, tmp_path: Path) -> None:
    house.rules = DoorwayRules(interlock=True)
    other = FileArbiter(tmp_path / "lock", "out", "in")
    loop = loop_of(house, arbiter=FileArbiter(tmp_path / "lock", "in", "out"))
    assert loop.take(GrantGiven("v1")) is None
    house.now += 5.0
    loop.turn()
    assert other.claim().value == "free"
    assert loop.take(GrantGiven("v2")) is not None
    other.settle(secure=True)
    assert loop.take(GrantGiven("v3")) is None
    other.close()
    loop.turn()
    assert house.lock.on is False
    assert "interlock_lost" in house.words()


@contextmanager
def running(house: House, follower: Follower) -> Iterator[Doorway]:
    with Doorway(house.parts(listeners=(follower,))) as doorway:
        yield doorway


def test_a_whole_doorway_in_its_threads(house: House) -> None:
    follower = Follower()
    with running(house, follower) as doorway:
        assert doorway.ask(GrantGiven("v1")) is None
        assert house.lock.on is True
        house.inputs.set("contact", True, house.now)
        house.wait_for("entered")
        house.inputs.set("contact", False, house.now)
        house.wait_for("closed")
        report = doorway.report()
        assert (report["state"], report["posture"]) == ("closed", "normal")
        assert doorway.objection(frozenset()) is None
        doorway.ask(set_posture(Posture.LOCKED_DOWN))
        assert doorway.objection(frozenset()) == "locked_down"
    assert house.words() == [
        "doorway_started", "unlocked", "opened", "entered", "closed", "posture", "doorway_stopped",
    ]  # fmt: skip
    assert follower.records == house.words()[:-1]
    assert follower.states == [DoorState.UNLOCKED, DoorState.OPEN, DoorState.CLOSED]
    assert house.inputs.closed


def test_a_start_that_fails_holds_nothing(house: House) -> None:
    def broken(record: DoorwayRecord, time: float) -> bool:
        if record.word.value == "doorway_started":
            raise RuntimeError("nobody foresaw this")
        return True

    with (
        pytest.raises(RuntimeError, match="nobody foresaw"),
        Doorway(house.parts(record=broken, listeners=())),
    ):
        pytest.fail("a doorway that did not start")
    assert house.inputs.closed
    assert house.lock.closed


def test_who_listens_and_fails_stops_nothing(house: House) -> None:
    follower = Follower()
    follower.fault = RuntimeError("tired")
    with running(house, follower) as doorway:
        assert doorway.ask(GrantGiven("v1")) is None
        assert house.lock.on is True


def test_inputs_that_are_lost_are_told_and_come_back(house: House) -> None:
    with running(house, Follower()):
        house.inputs.gone = True
        house.wait_for("line_lost")
        house.inputs.gone = False
        house.wait_for("line_back")


def test_whoever_gave_up_waiting_opens_nothing_later(house: House) -> None:
    blocked, go_on = threading.Event(), threading.Event()

    def record(record: DoorwayRecord, time: float) -> bool:
        if record.word.value == "unlocked":
            blocked.set()
            assert go_on.wait(PATIENCE_S)
        return house.record(record, time)

    with Doorway(house.parts(record=record, listeners=())) as doorway:
        doorway.tell(GrantGiven("v1"))
        assert blocked.wait(PATIENCE_S)
        with pytest.raises(FaultError, match="does not answer"):
            doorway.ask(set_posture(Posture.OPEN_HOURS, 60.0), timeout_s=0.01)
        go_on.set()
        assert doorway.ask(GrantGiven("v2")) is None
        assert doorway.report()["posture"] == "normal"


def test_a_record_that_raises_does_not_end_the_doorway(house: House) -> None:
    faults: list[Callable[[], bool]] = [lambda: 1 / 0 > 0]

    def record(record: DoorwayRecord, time: float) -> bool:
        if record.word.value == "unlocked" and faults:
            return faults.pop()()
        return house.record(record, time)

    with Doorway(house.parts(record=record, listeners=())) as doorway:
        assert doorway.ask(GrantGiven("v1")) == "The doorway failed; look at the door's log."
        assert house.lock.on is False
        assert doorway.ask(GrantGiven("v2")) is None


def test_no_fault_of_the_inputs_ends_who_watches_them(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.rules = DoorwayRules(exit_unlocks=True)
    wait, faults = house.inputs.wait, [RuntimeError("of no kind that is foreseen")]

    def once(timeout_s: float) -> object:
        if faults:
            raise faults.pop()
        return wait(timeout_s)

    house.inputs.wait = once  # type: ignore[method-assign]
    with running(house, Follower()) as doorway:
        house.wait_for("line_lost")
        wait_for(lambda: not doorway.report()["lost"], "the inputs again", PATIENCE_S)
        house.inputs.set("exit", True, house.now)
        wait_for(lambda: doorway.report()["unlocked"], "the exit button", PATIENCE_S)
    assert "of no kind that is foreseen" in caplog.text
