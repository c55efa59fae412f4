"""Guests of a door that asks for life, on fakes."""

from collections.abc import Sequence
from typing import Any

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Face, Outcome, Quality, Reason
from accessctl.door.demands import Wanted
from accessctl.door.door import Door
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.worker import CueAnswer, DirectCueRunner, Examine
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2
PASSIVE = Wanted(LivenessConfig(mode="passive"))
CONFIRM, VETO, NOTHING = CueVerdict.CONFIRM, CueVerdict.VETO, CueVerdict.UNDECIDED
FACE = fake_face(box=FACE_BOX)
UNUSABLE = fake_face(box=FACE_BOX, quality=Quality(0.8, ("too blurred",)))


class Guest:
    """A house that asks for life, with Ada enrolled, and whoever is shown to its door."""

    def __init__(self, wanted: Wanted = PASSIVE, **policy: Any) -> None:
        self.house = FakeHouse(wanted=wanted)
        self.house.policy = self.house.policy.model_copy(update=policy)
        self.house.enrol("Ada", ADA)
        self.door: Door = self.house.door()
        self.now = 0.0
        self.texts: list[str] = []

    def show(
        self, frames: int, person: int = ADA, faces: Sequence[Face] = (FACE,)
    ) -> list[tuple[Outcome, Reason]]:
        """Ten frames a second; what was decided."""
        scenes = [(person, faces)] * frames
        steps = self.house.play(self.door, scenes, start=self.now)
        self.now += frames / 10
        self.texts += [one.prompt.text for step in steps for one in step.asked]
        return [(d.outcome, d.reason) for d in decisions(steps)]

    def leave(self) -> list[tuple[Outcome, Reason]]:
        self.now += 5.0
        return self.show(1, faces=())

    def evidence(self) -> dict[str, Any]:
        """The data of the last decision's event."""
        return next(e.data for e in reversed(self.house.events()) if "evidence" in e.data)


GRANTED = (Outcome.GRANTED, Reason.MATCHED)
NOT_LIVE = (Outcome.DENIED, Reason.NOT_LIVE)
UNDECIDED = (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)


class LateLooks(DirectCueRunner):
    """Answers are held back while `held`, as those of a busy thread are."""

    held = False

    def __init__(self, examine: Examine) -> None:
        super().__init__(examine)
        self.heard: list[CueAnswer] = []

    def answers(self) -> list[CueAnswer]:
        heard = [] if self.held else super().answers()
        self.heard += heard
        return heard
