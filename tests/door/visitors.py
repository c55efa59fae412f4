"""Visitors who are asked for life, frame by frame."""

import random
from collections.abc import Iterable

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import PersonId, Pose
from accessctl.door.demands import Wanted
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.liveness.challenge import Ask
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.policy.circumstances import Proof

FPS = 15
ADA, BOB = PersonId("ada"), PersonId("bob")
NOTHING = CueVerdict.UNDECIDED
SHOWS = {
    Ask.TURN_LEFT: {"pose": Pose(25, 0, 0)},
    Ask.TURN_RIGHT: {"pose": Pose(-25, 0, 0)},
    Ask.LOOK_UP: {"pose": Pose(0, 20, 0)},
    Ask.BLINK_TWICE: {"opening": 0.1},
}


class Visitor:
    """Somebody before a door, fifteen frames a second; the cues say what the visit is told."""

    def __init__(self, mode: str, intent: Ask | None = None, seed: int = 1, **config) -> None:
        liveness = LivenessConfig(mode=mode, **config)
        self.inspection = VisitLiveness(Wanted(liveness, intent, 10.0, random.Random(seed)))
        self.cue, self.says = "scripted", NOTHING
        self.now = 0.0
        self.busy = False
        self.looks: list[CueWindow] = []
        self._out: CueWindow | None = None

    def show(
        self,
        frames: int = 1,
        scene: dict | None = None,
        *,
        person: PersonId | None = ADA,
        candidate: PersonId | None = ADA,
        matched: bool = True,
        track: int = 1,
    ) -> "Visitor":
        for _ in range(frames):
            frame = fake_frame(self.now, person=person, track=track, **(scene or {}))
            look = self.inspection.watch(frame, candidate, matched=matched)
            self._out = look or self._out
            if not self.busy:
                self.answer()
            self.now += 1 / FPS
        return self

    def answer(self) -> None:
        """Look at all that is due."""
        while self._out is not None:
            self.looks.append(self._out)
            self._out = self.inspection.take(self._out, self.results())

    def results(self) -> tuple[CueResult, ...]:
        return (fake_result(self.cue, self.says),)

    def obey(self, seconds: float = 30.0, **seen) -> Iterable[str]:
        """Do what is asked, half a second later; the prompts in order."""
        asked: list[str] = []
        until = self.now + seconds
        while self.now < until and self.liveness is Proof.PENDING:
            prompt = self.inspection.prompt
            word = "" if prompt is None else prompt.ask
            if not asked or asked[-1] != word:
                asked.append(word)
                if word:
                    self.show(8, **seen)
                    times = 2 if word == Ask.BLINK_TWICE else 1
                    for _ in range(times):
                        self.show(3, SHOWS[Ask(word)], **seen).show(3, **seen)
                    continue
            self.show(**seen)
        return [word for word in asked if word]

    @property
    def liveness(self) -> Proof:
        return self.inspection.liveness


def drawn_without_come_closer(actions: int = 2, kind: type[Visitor] = Visitor, **more) -> Visitor:
    """The first seed whose challenge keeps its distance."""
    for seed in range(100):
        visitor = kind("challenge", seed=seed, actions=actions, **more).show()
        challenge = visitor.inspection._posed.state
        assert challenge is not None
        if Ask.COME_CLOSER not in {step.ask for step in challenge.steps}:
            return visitor
    raise AssertionError("every challenge asks to come closer")
