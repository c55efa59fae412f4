"""A whole door of fakes: people are flat pictures, nothing is loaded, nothing opens."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from accessctl.actions.base import ActionResult, DoorAction, RecordingAction
from accessctl.administration.changes import Administration
from accessctl.audit.base import MemoryLog, Recorder
from accessctl.config import PolicyConfig, VisionConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Box, Decision, Event, Face, Frame, Image, Outcome, PersonId
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import NOTHING_WANTED, Wanted
from accessctl.door.door import Door
from accessctl.door.duty import Duty
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.liveness_gate import LivenessGate
from accessctl.door.recorder import NO_PICTURES, DecisionPictures, DecisionRecorder
from accessctl.door.setup import DoorSetup, LiveSettings
from accessctl.door.visit import Step
from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.fake import fake_result
from accessctl.liveness.worker import CueRunner, DirectCueRunner, Results
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Roster
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.fake import fake_face
from accessctl.vision.second_camera import OtherView

FACE_BOX = Box(20, 20, 60, 70)
EPOCH = 2000.0
# The false-match rate falls tenfold with each unit of score.
CALIBRATION = Calibration([0.0, 8.0], [0.0, -8.0], [0.0, -8.0])


def portrait(person: int) -> Image:
    """Coarse coloured noise, RGB (120, 120, 3): the same for a person, unlike for two."""
    coarse = np.random.default_rng(person).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return coarse.repeat(30, axis=0).repeat(30, axis=1)


class DirectRunner:
    """Performs actions at once, in the caller's thread; refuses all when `full`."""

    def __init__(self) -> None:
        self.full = False

    def submit(
        self,
        action: DoorAction,
        payload: Mapping[str, Any],
        on_result: Callable[[DoorAction, ActionResult], None],
        *,
        lane: Hashable = None,
        opens: bool = False,
    ) -> bool:
        del lane, opens
        if self.full:
            return False
        on_result(action, action.perform(payload))
        return True


class ScriptedObserver:
    """Sees in each frame whatever `faces` holds at that moment, and of everybody `other_view`
    in an infrared picture."""

    def __init__(self) -> None:
        self.faces: Sequence[Face] = ()
        self.config = VisionConfig()
        self.other_view: OtherView | None = None
        self.timings: dict[str, float] = {"search": 0.0, "track": 0.0, "landmarks": 0.0}

    def observe(self, frame: Frame) -> list[Face]:
        del frame
        return list(self.faces)

    def reconfigure(self, config: VisionConfig) -> None:
        self.config = config

    def beside(
        self, image: Image, box: Box, size: tuple[int, int], others: Sequence[Box] = ()
    ) -> OtherView | None:
        del image, box, size, others
        return self.other_view

    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        del image, narrowest
        return list(self.faces)


class ScriptedCues:
    """One cue that says of each look what `says` holds then, or raises `fault`."""

    def __init__(self, says: CueVerdict = CueVerdict.UNDECIDED, cue: str = "scripted") -> None:
        self.says = says
        self.cue = cue
        self.fault: Exception | None = None
        self.looks: list[CueWindow] = []

    def __call__(self, look: CueWindow) -> Results:
        self.looks.append(look)
        if self.fault is not None:
            raise self.fault
        return (fake_result(self.cue, self.says),)


@dataclass
class FakeHouse:
    """A door and everything around it, open to whoever tests it.

    Nobody asks for life unless `wanted` says so; then `cues` say what they are told.
    """

    gallery: MemoryGallery = field(default_factory=MemoryGallery)
    audit: MemoryLog = field(default_factory=MemoryLog)
    runner: DirectRunner = field(default_factory=DirectRunner)
    unlock: RecordingAction = field(default_factory=lambda: RecordingAction("unlock"))
    recogniser: Recogniser = field(default_factory=lambda: Recogniser(FakeEncoder()))
    observer: ScriptedObserver = field(default_factory=ScriptedObserver)
    speaker: RecordingAction = field(default_factory=lambda: RecordingAction("say"))
    wanted: Wanted = NOTHING_WANTED
    cues: ScriptedCues = field(default_factory=ScriptedCues)
    cue_runner: CueRunner | None = None
    faults: list[tuple[str, Exception]] = field(default_factory=list)
    policy: PolicyConfig = field(
        default_factory=lambda: PolicyConfig(
            min_frames=3, unknown_after_frames=4, unknown_after_s=0.2, cooldown_s=5
        )
    )

    def roster(self) -> Roster:
        normaliser = Normaliser(random_units(300, FAKE_CARD.dimension, seed=1), 50)
        return Roster(self.gallery, FAKE_CARD.fingerprint, normaliser, CALIBRATION, self.policy)

    def administration(self) -> Administration:
        return Administration(self.gallery, self.audit, lambda: EPOCH)

    def enrol(self, name: str, person: int) -> PersonId:
        embedding = self.recogniser.embed(portrait(person), [fake_face(box=FACE_BOX)])[0]
        photo = NewPhoto(
            jpeg=b"jpeg",
            embedding=embedding,
            fingerprint=FAKE_CARD.fingerprint,
            quality=0.9,
            added=EPOCH,
        )
        return self.gallery.add_person(name, photo).id

    def door(
        self,
        gate: AccessGate | None = None,
        *,
        audit: Recorder | None = None,
        wall_clock: Callable[[], float] = lambda: EPOCH,
        new_visit_id: Callable[[], str] | None = None,
        gallery: GalleryWatch | None = None,
        duty: Duty | None = None,
        pictures: DecisionPictures = NO_PICTURES,
    ) -> Door:
        """With a gate that lets everybody in, the house's own log, and a clock that stands still,
        unless others are given."""
        numbers = count(1)
        setup = DoorSetup(
            observer=self.observer,
            recogniser=self.recogniser,
            roster=self.roster() if gallery is None else gallery.roster,
            gallery=gallery,
            duty=duty,
            recorder=DecisionRecorder(audit or self.audit, self.runner, wall_clock),
            liveness=LivenessGate(
                self.wanted,
                self.cue_runner or DirectCueRunner(self.cues),
                lambda visit, error: self.faults.append((visit, error)),
            ),
            leave_after_s=1.0,
            wall_clock=wall_clock,
            new_visit_id=new_visit_id or (lambda: f"visit-{next(numbers)}"),
        )
        settings = LiveSettings(
            self.policy,
            gate or AccessGate(AccessConfig(), self.policy),
            {Outcome.GRANTED: [self.unlock]},
            asking=[self.speaker],
            wanted=self.wanted,
            pictures=pictures,
        )
        return Door(setup, settings)

    def play(
        self, door: Door, scenes: Iterable[tuple[int, Sequence[Face]]], start: float = 0.0
    ) -> list[Step]:
        """Show `door` portraits of the given people with these faces, ten a second."""
        steps: list[Step] = []
        for index, (person, faces) in enumerate(scenes):
            self.observer.faces = faces
            steps.append(door.step(Frame(portrait(person), start + index / 10, index)))
        return steps

    def events(self) -> list[Event]:
        return [event for _, event in self.audit.query()]


def decisions(steps: Iterable[Step]) -> list[Decision]:
    return [decision for step in steps for decision in step.decisions]
