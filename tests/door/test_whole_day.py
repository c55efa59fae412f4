"""A whole day at one door: arrivals, exits, a forced door, a held one, a lockdown, a fire.

Contact, button, fire alarm, strike and siren are fakes; door, doorway, policy and the event log on
disk are the real ones. It is lived twice: with flat pictures of people, and with a film of a living
person before the real models.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import pytest

from accessctl.administration.changes import Administration
from accessctl.administration.crossings import Crossings
from accessctl.audit.log import EventLog
from accessctl.config import Config, DoorwayConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Decision, EventKind, Frame, Image, Outcome, PersonId, Posture, Reason
from accessctl.door.assembly import open_audit, open_door
from accessctl.door.door import Door
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.opening import rules_of
from accessctl.doorway.values import CommandVerb, DoorwayRecord, DoorwayState, LockOutputs
from accessctl.doorway.values import OperatorCommand as Command
from accessctl.recognition.engine import Engine, open_engine
from accessctl.vision.fake import fake_face
from tests.patience import wait_for

ADA, EVE = 1, 2
PATIENCE_S = 60.0
BETWEEN_S = 30.0
FILM = Path(__file__).parents[3] / "shared" / "data" / "liveness" / "live" / "F05.mp4"
FILM_S = 6.0

DOORWAY = DoorwayConfig.model_validate(
    {
        "lock": {"type": "gpio", "chip": "fake", "line": "LOCK"},
        "alarm": {"type": "gpio", "chip": "fake", "line": "SIREN"},
        "contact": {"chip": "fake", "line": "CONTACT"},
        "exit": {"chip": "fake", "line": "EXIT"},
        "fire": {"chip": "fake", "line": "FIRE"},
        "tamper": {"chip": "fake", "line": "TAMPER"},
    }
)


@dataclass
class Street:
    """The fakes at the door, and the doorway's clock; waits for what is put on record."""

    now: float = 1000.0
    inputs: FakeInputs = field(
        default_factory=lambda: FakeInputs(
            {"contact": False, "exit": False, "fire": False, "tamper": False}
        )
    )
    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    siren: FakeOutput = field(default_factory=lambda: FakeOutput("siren"))
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._told = threading.Condition()
        self._heard = 0

    def parts(
        self,
        config: Config,
        record: Record,
        *,
        hours: Callable[[float], bool],
        clock_believed: Callable[[], bool],
        listeners: Sequence[DoorwayListener] = (),
    ) -> DoorwayParts:
        del hours, clock_believed
        return DoorwayParts(
            rules=rules_of(config.doorway),
            record=record,
            clock=lambda: self.now,
            wall_clock=lambda: 1_800_000_000.0 + self.now,
            inputs=self.inputs,
            outputs={"lock": self.lock, "alarm": self.siren},
            listeners=(*listeners, self),
        )

    def recorded(self, record: DoorwayRecord, time: float) -> None:
        with self._told:
            self.words.append(record.word.value)
            self._told.notify_all()

    def changed(self, outputs: LockOutputs, state: DoorwayState) -> None:
        """What is driven is looked at where it is driven."""

    def wait_for(self, *words: str) -> None:
        """These and nothing else are put on record next, in this order."""
        with self._told:
            wanted = self._heard + len(words)
            assert self._told.wait_for(lambda: len(self.words) >= wanted, PATIENCE_S)
            assert self.words[self._heard :] == list(words)
            self._heard = wanted

    def drives(self, output: FakeOutput, *, on: bool) -> None:
        """What is on record is done a moment later."""
        wait_for(lambda: output.on is on, f"{output.name} {'on' if on else 'off'}")

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def set(self, name: str, active: bool) -> None:
        self.inputs.set(name, active, self.now)


Arrive = Callable[[Door, int, float], list[Decision]]
"""Somebody stands before the door from that capture time on until they are decided."""


def live_a_day(door: Door, street: Street, audit: EventLog, ada: PersonId, arrive: Arrive) -> None:
    times = iter(range(0, 10_000, int(BETWEEN_S)))
    desk = door.gate.doorway

    def visit(person: int = ADA) -> Decision:
        (decision,) = arrive(door, person, float(next(times)))
        return decision

    def order(verb: CommandVerb, **more: Posture) -> None:
        assert desk.command(replace(Command(verb, "janitor", "test"), **more)) is None

    street.wait_for("doorway_started")

    # She comes in: the pulse is cut when the door opens.
    assert visit().outcome is Outcome.GRANTED
    street.wait_for("unlocked")
    street.drives(street.lock, on=True)
    street.set("contact", True)
    street.wait_for("opened", "entered")
    street.drives(street.lock, on=False)
    street.set("contact", False)
    street.wait_for("closed")

    # She is granted again, and does not come in.
    street.pass_time(60.0)
    assert visit().outcome is Outcome.GRANTED
    street.wait_for("unlocked")
    street.pass_time(5.1)
    street.wait_for("no_entry", "locked")
    street.drives(street.lock, on=False)

    # Somebody goes out by the button.
    street.set("exit", True)
    street.wait_for("exit")
    street.set("exit", False)
    street.pass_time(2.0)
    street.set("contact", True)
    street.wait_for("opened")
    street.set("contact", False)
    street.wait_for("closed")
    street.drives(street.siren, on=False)

    # Somebody breaks in.
    street.pass_time(600.0)
    street.set("contact", True)
    street.wait_for("forced")
    street.drives(street.siren, on=True)
    street.set("contact", False)
    street.wait_for("closed")
    order(CommandVerb.ACKNOWLEDGE)
    street.wait_for("acknowledged")
    street.drives(street.siren, on=False)

    # The janitor opens, and the door is left open.
    order(CommandVerb.OPEN)
    street.wait_for("unlocked")
    street.set("contact", True)
    street.wait_for("opened", "entered")
    street.pass_time(31.0)
    street.wait_for("held")
    street.drives(street.siren, on=True)
    street.set("contact", False)
    street.wait_for("closed")

    # A lockdown keeps her out, and lets nobody be kept in.
    order(CommandVerb.POSTURE, posture=Posture.LOCKED_DOWN)
    street.wait_for("posture")
    refused = visit()
    assert (refused.outcome, refused.reason) == (Outcome.DENIED, Reason.LOCKED_DOWN)
    street.drives(street.lock, on=False)
    street.set("exit", True)
    street.wait_for("exit")
    street.set("exit", False)
    order(CommandVerb.POSTURE, posture=Posture.NORMAL)
    street.wait_for("posture")

    # A fire.
    street.pass_time(60.0)
    street.set("fire", True)
    street.wait_for("fire")
    street.drives(street.lock, on=True)
    street.set("contact", True)
    street.wait_for("opened")
    street.set("contact", False)
    street.wait_for("closed")
    street.set("fire", False)
    street.wait_for("fire_over", "locked")
    street.drives(street.lock, on=False)


def what_the_log_tells(audit: EventLog) -> list[str]:
    return [str(event.data["state"]) for _, event in audit.query(kind=EventKind.DOORWAY)]


def check_the_log(audit: EventLog, street: Street, ada: PersonId, visits: int) -> None:
    told = what_the_log_tells(audit)
    assert told[:-1] == street.words
    assert told[-1] == "doorway_stopped"
    decided = [event for _, event in audit.query(kind=EventKind.DECISION) if event.person == ada]
    assert len(decided) == visits
    entered = [
        event
        for _, event in audit.query(kind=EventKind.DOORWAY)
        if event.data["state"] in ("entered", "no_entry") and event.person == ada
    ]
    assert [event.data["visit"] for event in entered] == [
        event.data["visit"] for event in decided[:2]
    ]
    report = audit.verify()
    assert not report.alarm
    assert report.covered == len(list(audit.query()))


def flat(house: FakeHouse) -> Arrive:
    tracks = iter(range(1, 1000))

    def arrive(door: Door, person: int, start: float) -> list[Decision]:
        house.observer.faces = [fake_face(next(tracks), box=FACE_BOX)]
        found: list[Decision] = []
        for index in range(5):
            frame = Frame(portrait(person), start + index / 10, index)
            found += door.step(frame).decisions
        house.observer.faces = []
        door.step(Frame(portrait(person), start + BETWEEN_S / 2, 9))
        return found

    return arrive


def test_a_whole_day_with_flat_people(config: Config, engine: Engine, house: FakeHouse) -> None:
    access = AccessConfig(direction="in", area="inside", anti_passback="soft")
    engine = replace(
        engine, config=config.model_copy(update={"doorway": DOORWAY, "access": access})
    )
    ada = house.enrol("Ada", ADA)
    engine.roster.refresh()
    street = Street()
    with open_audit(engine.config) as audit:
        with open_door(engine, audit, doorway=street.parts) as door:
            live_a_day(door, street, audit, ada, flat(house))
        check_the_log(audit, street, ada, visits=3)
        # Of her two grants only the one by which the door was opened is a crossing.
        (first, *_) = [event for _, event in audit.query(kind=EventKind.DECISION)]
        age = Crossings(audit, access).inside(first.time + 100.0)[ada]
        assert age == pytest.approx(100.0)


def frames_of(film: Path, seconds: float) -> Iterator[Image]:
    """RGB frames, at most 15 a second of the film."""
    capture = cv2.VideoCapture(str(film))
    fps = capture.get(cv2.CAP_PROP_FPS) or 30.0
    every = max(1, round(fps / 15.0))
    for number in range(int(seconds * fps)):
        read, image = capture.read()
        if not read:
            return
        if number % every == 0:
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    capture.release()


def filmed(film: Path) -> Arrive:
    def arrive(door: Door, person: int, start: float) -> list[Decision]:
        del person
        for index, image in enumerate(frames_of(film, FILM_S)):
            decisions = list(door.step(Frame(image, start + index / 15.0, index)).decisions)
            if decisions:
                return decisions
        return door.close(start + FILM_S)

    return arrive


@pytest.mark.shared_data
def test_a_whole_day_with_a_living_person(config: Config) -> None:
    if not FILM.exists():
        pytest.skip(f"there is no {FILM}")
    shipped = Config()
    config = config.model_copy(
        update={
            "doorway": DOORWAY,
            "liveness": shipped.liveness,
            "policy": shipped.policy,
        }
    )
    street = Street()
    with ExitStack() as stack:
        audit = stack.enter_context(open_audit(config))
        engine = stack.enter_context(open_engine(config, lambda photos, _: iter(photos)))
        photo = engine.enrolment().examine(next(frames_of(FILM, 1.0)), "the film")
        ada = Administration(engine.gallery, audit, lambda: 1000.0).enrol("Ada", [photo]).id
        engine.roster.refresh()
        with open_door(engine, audit, doorway=street.parts, every_frame=True) as door:
            live_a_day(door, street, audit, ada, filmed(FILM))
        check_the_log(audit, street, ada, visits=3)
