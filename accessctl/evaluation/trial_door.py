"""The door itself, put up for one visitor: it measures, and can neither open nor remember anything.

Its visits, its looks for life, its search and its rules are those of `accessctl.door`. What is
not as at a door that people use: the visitor is the only person enrolled, from one frame of the
very recording or presentation, so that recognition is as good as it gets; the looks are made at
once and in the loop's thread, so that the same frames always come to the same decision; no
infrared camera, gesture, second factor, schedule or lockout is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from accessctl.audit.base import MemoryLog
from accessctl.config import Config, EncoderConfig, PolicyConfig, VisionConfig
from accessctl.config.liveness import Mode
from accessctl.config.policy import AccessConfig
from accessctl.domain import Decision, Embedding, Face, Frame, Image, Outcome, PersonId, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.assembly import wanted_of
from accessctl.door.demands import Wanted
from accessctl.door.door import Door
from accessctl.door.fake import CALIBRATION, DirectRunner
from accessctl.door.liveness_gate import LivenessGate
from accessctl.door.recorder import DecisionRecorder
from accessctl.door.setup import DoorSetup, LiveSettings
from accessctl.door.visit import FaceView
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.encoder.base import FAKE_CARD, Encoder
from accessctl.encoder.card import Card
from accessctl.encoder.choose import load_encoder
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto
from accessctl.liveness.evidence import CueResult
from accessctl.liveness.examiner import MIN_SEEN, CueWindow, Liveness
from accessctl.liveness.worker import DirectCueRunner, Examine
from accessctl.recognition.calibration import Calibration, scoring_of
from accessctl.recognition.matcher import Roster
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.observer import Observer

NAME = "visitor"
EPOCH = 0.0
EVERYBODY = 1_000_000
"""The most people that policy.identify_up_to may be."""
"""Nothing that is decided here depends on the time of day."""


@dataclass(frozen=True, slots=True)
class DoorParts:
    """What all doors of a measurement share; `leave_after_s` is when a face that is not seen
    any more has left, seconds, and `examine` looks with the cues."""

    recogniser: Recogniser
    normaliser: Normaliser
    calibration: Calibration
    policy: PolicyConfig
    wanted: Wanted
    leave_after_s: float
    examine: Examine = CueWindow.results

    def roster(self, gallery: MemoryGallery) -> Roster:
        return Roster(
            gallery,
            self.recogniser.fingerprint,
            self.normaliser,
            self.calibration,
            self.policy,
        )


def door_parts(
    config: Config, encoder: Encoder | None, mode: Mode, *, min_seen: float = MIN_SEEN
) -> DoorParts:
    """A door as `config` says that asks for life in `mode`; `min_seen` as in `Wanted`.

    A visit is one attempt at it: what is measured is what one attempt comes to.

    Without `encoder` every face is taken for the one that is enrolled, which says nothing of a
    face that is swapped on the way. ModelError for an encoder without calibration, and for a
    texture network that is unfit.
    """
    liveness = config.liveness.model_copy(update={"mode": mode, "ir_source": None})
    # However many are enrolled, what is measured is what faces alone tell.
    policy = config.policy.model_copy(
        update={
            "second_factor": "off",
            "intent": "off",
            "attempts": 1,
            "identify_up_to": EVERYBODY,
        }
    )
    wanted = wanted_of(config.model_copy(update={"liveness": liveness, "policy": policy}))
    if encoder is None:
        normaliser = Normaliser(random_units(300, FAKE_CARD.dimension, seed=1), 50)
        scoring = normaliser, CALIBRATION
    else:
        scoring = scoring_of(encoder.card)
    return DoorParts(
        Recogniser(encoder or OneFace()),
        *scoring,
        policy,
        Wanted(wanted.liveness, texture=wanted.texture, min_seen=min_seen),
        config.vision.track_timeout_s,
    )


@dataclass(frozen=True, slots=True)
class TrialMakers:
    """What makes the parts of a door that is measured, and the eyes it is looked through with."""

    encoder: Callable[[EncoderConfig], Encoder | None] = load_encoder
    door: Callable[..., DoorParts] = door_parts
    observer: Callable[[VisionConfig], Observer] = Observer


USUAL = TrialMakers()


class OneFace:
    """An encoder to which all faces are the same."""

    @property
    def card(self) -> Card:
        return FAKE_CARD

    @property
    def device(self) -> str:
        return "cpu"

    def embed(self, crops: Image) -> Embedding:
        one = np.zeros((len(crops), FAKE_CARD.dimension), np.float32)
        one[:, 0] = 1
        return one


class TrialDoor:
    """A door before which one face stands.

    `decision` is what it decided first, None until then; what the visit came to is known when
    it is decided, or after `close`. A fault in a cue is raised, not taken for want of life.
    """

    def __init__(self, parts: DoorParts, roster: Roster | None = None) -> None:
        """`roster`: those who are enrolled; None: nobody."""
        self._parts = parts
        self._gallery = MemoryGallery()
        self._eyes = _Told()
        self._over: list[VisitLiveness] = []
        self._faults: list[Exception] = []
        self.decision: Decision | None = None
        numbers = count(1)
        setup = DoorSetup(
            observer=self._eyes,
            recogniser=parts.recogniser,
            roster=roster or parts.roster(self._gallery),
            recorder=DecisionRecorder(MemoryLog(), DirectRunner(), lambda: EPOCH),
            liveness=LivenessGate(
                parts.wanted,
                DirectCueRunner(parts.examine),
                lambda _, fault: self._faults.append(fault),
                on_over=self._over.append,
            ),
            leave_after_s=parts.leave_after_s,
            wall_clock=lambda: EPOCH,
            new_visit_id=lambda: str(next(numbers)),
        )
        gate = AccessGate(AccessConfig(), parts.policy)
        self._door = Door(setup, LiveSettings(parts.policy, gate, wanted=parts.wanted))

    def enrol(self, image: Image, face: Face) -> PersonId:
        """From now on the person of that usable face is enrolled here."""
        embedding = self._parts.recogniser.embed(image, [face])[0]
        fingerprint = self._parts.recogniser.fingerprint
        photo = NewPhoto(
            jpeg=b"",
            embedding=embedding,
            fingerprint=fingerprint,
            quality=face.quality.score,
            added=EPOCH,
        )
        person = self._gallery.add_person(NAME, photo)
        self._door.roster = self._parts.roster(self._gallery)
        return person.id

    def step(self, frame: Frame, face: Face) -> FaceView:
        """Show a frame with that face in it, and no other."""
        self._eyes.faces = [face]
        step = self._door.step(frame)
        self._note(step.decisions)
        return step.faces[0]

    def close(self, now: float) -> None:
        """The visitor has left at `now`, seconds of the frames' clock."""
        self._note(self._door.close(now))

    @property
    def accepted(self) -> bool:
        """Whether the door let the visitor in."""
        return self.decision is not None and self.decision.outcome is Outcome.GRANTED

    @property
    def liveness(self) -> Liveness:
        """What the door's decision says of life: live where it granted, attack where it refused
        for an attack, undecided where it refused for want of anything else, or never decided."""
        if self.accepted:
            return Liveness.LIVE
        refused = self.decision is not None and self.decision.reason is Reason.NOT_LIVE
        return Liveness.ATTACK if refused else Liveness.UNDECIDED

    @property
    def results(self) -> tuple[CueResult, ...]:
        """Every cue's last word on the visit; nothing before it is over."""
        return tuple(word for one in self._over[:1] for word in one.cues)

    @property
    def challenge(self) -> str | None:
        """How the challenge of the visit ended; see PosedChallenge.ended."""
        return next((one.challenge for one in self._over[:1]), None)

    def _note(self, decisions: Sequence[Decision]) -> None:
        if self._faults:
            raise self._faults[0]
        for decision in decisions:
            self.decision = self.decision or decision


class _Told:
    """Sees the faces that it was told of."""

    def __init__(self) -> None:
        self.faces: list[Face] = []
        self.timings: dict[str, float] = {}

    def observe(self, frame: Frame) -> list[Face]:
        del frame
        return self.faces
