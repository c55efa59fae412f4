"""The door and its doorway: who is let in, who is kept out by a posture, what operators may ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from accessctl.administration.crossings import Crossings
from accessctl.audit.base import MemoryLog
from accessctl.config import Config, DoorwayConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, Outcome, PersonId, PersonRules, Posture, Reason
from accessctl.door.assembly import open_door
from accessctl.door.doorway_gate import (
    NO_DOORWAY,
    DoorwayAction,
    DoorwayGate,
    DuressVisits,
    Grantees,
)
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.opening import rules_of
from accessctl.doorway.values import CommandVerb, OperatorCommand
from accessctl.errors import FaultError, InputError, LineError
from accessctl.gallery.person import hash_pin
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2
LINE = {"chip": "fake", "line": "A"}
DOORWAY = DoorwayConfig.model_validate(
    {"lock": {"type": "gpio", "chip": "fake", "line": "B"}, "contact": LINE}
)
LOCK_DOWN = OperatorCommand(CommandVerb.POSTURE, "janitor", "test", posture=Posture.LOCKED_DOWN)
SWITCH_OFF = OperatorCommand(CommandVerb.FACE_ENTRY, "janitor", "test", on=False)


@dataclass
class Lines:
    """Fakes that are taken in place of real lines; `fault` says why they cannot be."""

    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    fault: str | None = None
    taken: int = 0
    now: float = 1000.0
    hours: Callable[[float], bool] | None = None

    def __call__(
        self,
        config: Config,
        record: Record,
        *,
        hours: Callable[[float], bool],
        clock_believed: Callable[[], bool],
        listeners: Sequence[DoorwayListener] = (),
    ) -> DoorwayParts:
        if self.fault is not None:
            raise LineError(self.fault)
        self.taken += 1
        self.hours = hours
        return DoorwayParts(
            rules=rules_of(config.doorway),
            record=record,
            clock=lambda: self.now,
            wall_clock=lambda: 2000.0,
            inputs=FakeInputs({"contact": False}),
            outputs={"lock": self.lock},
            listeners=listeners,
            clock_believed=clock_believed,
        )


def with_doorway(engine: Engine, doorway: DoorwayConfig = DOORWAY, **more: object) -> Engine:
    return replace(engine, config=engine.config.model_copy(update={"doorway": doorway, **more}))


def stand(house: FakeHouse, door, person: int, start: float = 0.0, track: int = 1):
    faces = [fake_face(track, box=FACE_BOX)]
    return decisions(house.play(door, [(person, faces)] * 5, start=start))


def told(audit: MemoryLog) -> list[str]:
    return [event.data["state"] for _, event in audit.query(kind=EventKind.DOORWAY)]


@pytest.fixture
def lines() -> Lines:
    return Lines()


def test_a_grant_unlocks_and_a_stranger_does_not(
    engine: Engine, house: FakeHouse, lines: Lines
) -> None:
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    with open_door(with_doorway(engine), house.audit, doorway=lines) as door:
        assert lines.lock.on is False
        (unknown,) = stand(house, door, EVE)
        assert unknown.outcome is Outcome.UNKNOWN
        (granted,) = stand(house, door, ADA, 10.0, track=2)
        assert granted.outcome is Outcome.GRANTED
    assert lines.lock.on is False
    assert (True, None) in lines.lock.told
    assert told(house.audit) == ["doorway_started", "unlocked", "doorway_stopped"]
    (action,) = [event for _, event in house.audit.query(kind=EventKind.ACTION)]
    assert (action.data["action"], action.data["ok"]) == ("doorway", True)


@pytest.mark.parametrize(
    ("command", "reason"),
    [(LOCK_DOWN, Reason.LOCKED_DOWN), (SWITCH_OFF, Reason.FACE_ENTRY_OFF)],
)
def test_whom_a_posture_keeps_out_is_denied_for_it(
    engine: Engine, house: FakeHouse, lines: Lines, command: OperatorCommand, reason: Reason
) -> None:
    house.enrol("Ada", ADA)
    engine.roster.refresh()
    with open_door(with_doorway(engine), house.audit, doorway=lines) as door:
        assert door.gate.doorway.command(command) is None
        (denied,) = stand(house, door, ADA)
    assert (denied.outcome, denied.reason) == (Outcome.DENIED, reason)
    assert "unlocked" not in told(house.audit)


def test_named_groups_come_in_during_a_lockdown(
    engine: Engine, house: FakeHouse, lines: Lines
) -> None:
    ada = house.enrol("Ada", ADA)
    house.gallery.set_rules(ada, PersonRules(groups=("guards",)))
    access = AccessConfig.model_validate({"groups": {"guards": {}}})
    doorway = DOORWAY.model_copy(update={"lockdown_groups": ("guards",)})
    engine = with_doorway(engine, doorway, access=access)
    engine.roster.refresh()
    with open_door(engine, house.audit, doorway=lines) as door:
        assert door.gate.doorway.command(LOCK_DOWN) is None
        (granted,) = stand(house, door, ADA)
    assert granted.outcome is Outcome.GRANTED


def test_lines_that_cannot_be_taken_are_no_door(
    engine: Engine, house: FakeHouse, lines: Lines
) -> None:
    lines.fault = "The line is held by another program."
    with (
        pytest.raises(LineError, match="held by another program"),
        open_door(with_doorway(engine), house.audit, doorway=lines),
    ):
        pytest.fail("a door without its lines")


def test_a_door_that_only_watches_takes_no_lines(
    engine: Engine, house: FakeHouse, lines: Lines
) -> None:
    engine = with_doorway(engine)
    with (
        open_door(engine, house.audit, doorway=lines),
        open_door(engine, house.audit, spectator=True, doorway=lines) as watching,
    ):
        assert watching.gate.doorway.report() == {"state": "not_taken"}
        assert lines.taken == 1


def gate(config: Config, audit: MemoryLog, lines: Lines) -> DoorwayGate:
    def no_entry(visit: str, person: PersonId | None) -> None:
        audit.append(Event(1.0, EventKind.SERVICE, {"state": "seen", "visit": visit}, person))

    config = config.model_copy(update={"doorway": DOORWAY})
    return DoorwayGate(
        config, audit, Grantees(lambda _: PersonRules(), lambda _: False), no_entry, lines
    )


def test_lines_that_are_free_later_are_taken_later(config: Config, lines: Lines) -> None:
    desk = gate(config, MemoryLog(), lines)
    lines.fault = "held"
    desk.look(acting=True)
    assert desk.report() == {"state": "not_taken"}
    result = desk.actions[0].perform({"visit": "v1", "person_id": None})
    assert not result.ok
    assert "not taken" in result.detail
    with pytest.raises(FaultError, match="not taken"):
        desk.command(LOCK_DOWN)
    lines.fault = None
    desk.look(acting=False)
    assert lines.taken == 0
    desk.close()


def test_a_grant_that_the_doorway_refuses_is_an_action_that_failed() -> None:
    action = DoorwayAction(lambda visit, person: f"{visit} {person}", opens=True)
    result = action.perform({"visit": "v1", "person_id": "p1"})
    assert (result.ok, result.detail) == (False, "v1 p1")
    assert DoorwayAction(lambda *_: None, opens=True).perform({"visit": "v1"}).ok


def test_whoever_did_not_come_in_is_told_of(config: Config, lines: Lines) -> None:
    audit = MemoryLog()
    desk = gate(config, audit, lines)
    desk.open()
    assert desk.grant("v1", PersonId("ada")) is None
    lines.now += 6.0
    # Whatever comes next brings the doorway up to the time.
    assert desk.command(SWITCH_OFF) is None
    desk.close()
    (seen,) = [event for _, event in audit.query() if event.data["state"] == "seen"]
    assert (seen.data["visit"], seen.person) == ("v1", "ada")
    assert desk.report() == {"state": "not_taken"}


@pytest.mark.parametrize("state", ["entry_failed", "no_entry", "refused"])
def test_who_did_not_come_in_has_not_crossed(state: str) -> None:
    audit, access = MemoryLog(), AccessConfig(direction="in")
    ada = PersonId("ada")
    grant = {"decision": "granted", "visit": "v1", "direction": "in", "area": "inside"}
    audit.append(Event(10.0, EventKind.DECISION, grant, ada))
    crossings = Crossings(audit, access)
    assert ada in crossings.inside(11.0)
    audit.append(Event(12.0, EventKind.DOORWAY, {"state": state, "visit": "v1"}, ada))
    assert ada not in crossings.inside(13.0)


def test_who_came_in_has_crossed() -> None:
    audit, ada = MemoryLog(), PersonId("ada")
    grant = {"decision": "granted", "visit": "v1", "direction": "in", "area": "inside"}
    audit.append(Event(10.0, EventKind.DECISION, grant, ada))
    audit.append(Event(12.0, EventKind.DOORWAY, {"state": "entered", "visit": "v1"}, ada))
    assert ada in Crossings(audit, AccessConfig(direction="in")).inside(13.0)


def test_open_hours_follow_the_schedule_and_a_clock_that_is_believed(
    config: Config, lines: Lines
) -> None:
    hours = {"day": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]}
    access = AccessConfig.model_validate({"timezone": "Europe/Berlin", "schedules": hours})
    doorway = DOORWAY.model_copy(update={"open_hours": "day"})
    config = config.model_copy(update={"doorway": doorway, "access": access})
    audit = MemoryLog()
    desk = DoorwayGate(
        config, audit, Grantees(lambda _: PersonRules(), lambda _: False), print, lines
    )
    desk.open()
    assert lines.hours is not None
    berlin = ZoneInfo("Europe/Berlin")
    monday = datetime(2026, 11, 30, 9, 0, tzinfo=berlin).timestamp()
    assert lines.hours(monday)
    assert not lines.hours(monday - 7200)
    audit.doubt_s = 3600.0
    assert not lines.hours(monday)
    audit.doubt_s = None
    later = {"day": [{"days": ["mon"], "opens": "10:00", "closes": "18:00"}]}
    access = AccessConfig.model_validate({"timezone": "Europe/Berlin", "schedules": later})
    desk.plan_by(config.model_copy(update={"access": access}))
    assert not lines.hours(monday)
    desk.close()


def test_nothing_hangs_on_a_door_without_lines() -> None:
    assert NO_DOORWAY.report() is None
    assert NO_DOORWAY.objection(PersonRules()) is None
    with pytest.raises(InputError, match="Nothing hangs on this door"):
        NO_DOORWAY.command(LOCK_DOWN)


def test_a_pin_of_duress_lets_in_and_is_on_record(
    engine: Engine, house: FakeHouse, lines: Lines
) -> None:
    ada = house.enrol("Ada", ADA)
    house.gallery.set_pin(ada, hash_pin("270819", lambda count: b"s" * count))
    policy = engine.config.policy.model_copy(update={"second_factor": "pin"})
    doorway = DOORWAY.model_copy(update={"duress": True})
    engine = with_doorway(engine, doorway, policy=policy)
    engine.roster.refresh()
    with open_door(engine, house.audit, doorway=lines) as door:
        assert stand(house, door, ADA) == []
        # One higher than 9, modulo ten.
        assert door.gate.second_factor.offer_pin("270810").sentence == "Accepted."
        (granted,) = decisions(
            house.play(door, [(ADA, [fake_face(1, box=FACE_BOX)])] * 2, start=0.5)
        )
    assert granted.outcome is Outcome.GRANTED
    assert told(house.audit)[1:3] == ["duress", "unlocked"]
    assert not any(event.data.get("state") == "wrong_pin" for _, event in house.audit.query())


def test_only_the_last_visits_under_duress_are_remembered() -> None:
    visits = DuressVisits()
    for number in range(100):
        visits.note(f"v{number}")
    assert visits("v99")
    assert not visits("v0")


def test_without_duress_the_other_pin_is_wrong(
    engine: Engine, house: FakeHouse, lines: Lines, tmp_path: Path
) -> None:
    ada = house.enrol("Ada", ADA)
    house.gallery.set_pin(ada, hash_pin("270818", lambda count: b"s" * count))
    policy = engine.config.policy.model_copy(update={"second_factor": "pin"})
    engine = with_doorway(engine, policy=policy)
    engine.roster.refresh()
    with open_door(engine, house.audit, doorway=lines) as door:
        stand(house, door, ADA)
        assert door.gate.second_factor.offer_pin("270819").sentence == "Wrong PIN."
