"""Whether one visit is that of somebody alive who wants to come in."""

import math
import random
from dataclasses import dataclass

from accessctl.config_liveness import LivenessConfig
from accessctl.domain import PersonId
from accessctl.liveness.challenge import (
    Challenge,
    Failure,
    Phase,
    advance,
    draw_challenge,
)
from accessctl.liveness.challenge_actions import PROMPTS, Ask
from accessctl.liveness.combine import Liveness
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.examiner import Examiner, Look
from accessctl.liveness.infrared import CUE as INFRARED
from accessctl.liveness.intent import Intent, watch_intent
from accessctl.liveness.result import CueResult, CueVerdict
from accessctl.liveness.texture_network import TextureScorer
from accessctl.liveness.texture_sampling import TextureSampler
from accessctl.policy.admit import Proof
from accessctl.policy.liveness_record import CueWord, LivenessRecord

IDENTITY_S = 3.0
"""In a challenge, a frame must show the person at least this often, seconds: who turns away
cannot be recognised for a moment, but somebody else's actions must not count for longer."""

HINT = "Turn your head a little, or blink."
INFRARED_HINT = "The infrared camera shows nothing: nobody can be let in now."


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a visitor is asked for: `text`, and the number `step` of `steps` that it is.

    `ask` is the word for it, as in config.yaml; empty while they are to hold still, or
    where the text is only a hint.
    """

    text: str
    ask: str = ""
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be shown; `chance` None: the operating system's randomness.

    `texture` is asked about the pictures of a visit; None: nobody is.
    """

    liveness: LivenessConfig
    intent: Ask | None = None
    intent_s: float = 10.0
    chance: random.Random | None = None
    texture: TextureScorer | None = None


NOTHING_WANTED = Wanted(LivenessConfig(mode="off"))


class Inspection:
    """Examiner, challenge and gesture of one visit. Times are capture times in seconds.

    The order of calls for a frame: `take` for every look that was answered, then `watch` with
    what `sampler` made of the frame.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        config = wanted.liveness
        self._examiner = Examiner(window_s=config.window_s, every_s=config.every_s)
        self._candidate: PersonId | None = None
        self._matched_at: float | None = None
        self._agreed_at = float("-inf")
        self._now: float | None = None
        self._challenge: Challenge | None = None
        self._challenged: PersonId | None = None
        self._passed_at: float | None = None
        self._looked_until = float("-inf")
        self._intent = None if wanted.intent is None else Intent(wanted.intent)
        self._intent_from: float | None = None
        self.sampler = TextureSampler(wanted.texture)
        self.failed = False
        self.infrared_silent = False
        """Whether no infrared camera shows anything at the moment."""

    def take(self, look: Look, results: tuple[CueResult, ...]) -> None:
        self._examiner.take(look, results)
        self._looked_until = look.frames[-1].captured

    def fail(self) -> None:
        """The cues failed on this visit: it will not be found alive."""
        self.failed = True

    def watch(
        self, frame: LivenessFrame, candidate: PersonId | None, *, matched: bool
    ) -> Look | None:
        """Take in a frame of the face; the look that is due, if one is.

        `candidate` is whom the visit looks like, and `matched` whether it could be granted
        to them for their face alone.
        """
        now = self._now = frame.captured
        if candidate != self._candidate:
            self._candidate, self._matched_at, self._intent_from = candidate, None, None
        whose = self._challenged if self._challenge is not None else candidate
        if frame.person is not None and frame.person == whose:
            self._agreed_at = now
        if matched and self._matched_at is None:
            self._matched_at = now
        if self._matched_at is not None:
            self._go_on(frame, now)
        if self._wanted.liveness.mode == "off" or self.failed:
            return None
        return self._examiner.collect(frame, candidate)

    def since(self, now: float) -> float:
        """Seconds since the last frame; infinite before the first, and where time ran back."""
        passed = float("inf") if self._now is None else now - self._now
        return passed if passed >= 0 else float("inf")

    @property
    def liveness(self) -> Proof:
        """A veto refutes; what is not shown in its time is missing; a fault shows nothing.

        Nor does an answered challenge while a cue doubts; and where the door has an infrared
        camera, nothing does unless that is clear.
        """
        mode, patience_s = self._wanted.liveness.mode, self._wanted.liveness.patience_s
        if mode == "off":
            return Proof.NOT_NEEDED
        said = self._examiner.verdict_on(self._candidate)
        if said.verdict is Liveness.ATTACK:
            return Proof.REFUTED
        if self.failed:
            return Proof.MISSING
        if mode == "challenge":
            answered = self._answered()
            suspended = answered is Proof.SHOWN and (said.doubts or not self._infrared_agrees)
            return self._late(self._passed_at, patience_s) if suspended else answered
        if said.verdict is Liveness.LIVE and self._infrared_agrees:
            return Proof.SHOWN
        return self._late(self._matched_at, patience_s)

    @property
    def doubted(self) -> bool:
        """Whether more speaks against life than that it was not shown.

        That is a doubt of an attack, cues that failed, and a challenge that was another's: no
        PIN makes up for any of them.
        """
        another = self._challenge is not None and self._candidate != self._challenged
        return self.failed or another or self.record().doubts_attack

    @property
    def intent(self) -> Proof:
        if self._intent is None:
            return Proof.NOT_NEEDED
        if self._intent.seen:
            return Proof.SHOWN
        return self._late(self._intent_from, self._wanted.intent_s)

    @property
    def cues(self) -> tuple[CueResult, ...]:
        """Each cue's word on the person whom the visit looks like."""
        return self._examiner.verdict_on(self._candidate).results

    @property
    def asked(self) -> tuple[Ask, ...]:
        """The actions of the challenge that have been asked so far."""
        state = self._challenge
        if state is None:
            return ()
        waiting = state.phase in {Phase.SETTLING, Phase.PAUSE}
        return tuple(step.ask for step in state.steps[: state.index + (not waiting)])

    @property
    def prompt(self) -> Prompt | None:
        """What to tell the visitor now."""
        if self._matched_at is None:
            return None
        liveness = self.liveness
        state = self._challenge
        if liveness is Proof.PENDING and state is not None and not state.over:
            asked = state.phase in {Phase.ASKED, Phase.RETURNING}
            ask = state.steps[state.index].ask if asked else ""
            return Prompt(state.prompt, ask, state.index + 1, len(state.steps))
        if liveness in (Proof.REFUTED, Proof.MISSING):
            return None
        beside = self._wanted.liveness.infrared is not None
        if liveness is Proof.PENDING and beside and self.infrared_silent:
            return Prompt(INFRARED_HINT)
        if self._intent is not None and self.intent is Proof.PENDING:
            return Prompt(PROMPTS[self._intent.ask], self._intent.ask, 1, 1)
        return Prompt(HINT) if liveness is Proof.PENDING and state is None else None

    def looked_at(self, captured: float) -> bool:
        """Whether the frame of that time has been looked at without a veto so far."""
        return self._examiner.looked_at(captured)

    def record(self) -> LivenessRecord:
        """What is written down of it."""
        words = tuple(
            CueWord(
                cue.cue,
                cue.verdict.value,
                round(cue.figure, 4) if math.isfinite(cue.figure) else None,
                cue.threshold,
            )
            for cue in self.cues
        )
        failure = None if self._challenge is None else self._challenge.failure
        asked = tuple(ask.value for ask in self.asked)
        return LivenessRecord(
            self._wanted.liveness.mode, words, asked, None if failure is None else failure.value
        )

    @property
    def _infrared_agrees(self) -> bool:
        """Whether the door has no infrared camera, or it shows the same face now."""
        if self._wanted.liveness.infrared is None:
            return True
        said = {result.cue: result.verdict for result in self.cues}
        return said.get(INFRARED) is CueVerdict.CLEAR

    def _go_on(self, frame: LivenessFrame, now: float) -> None:
        if self._wanted.liveness.mode == "challenge":
            self._challenge_with(frame, now)
            # A gesture must not be taken for a wrong answer to the challenge.
            if self.liveness is not Proof.SHOWN:
                return
        if self._intent is not None:
            if self._intent_from is None:
                self._intent_from = now
            self._intent = watch_intent(self._intent, frame)

    def _challenge_with(self, frame: LivenessFrame, now: float) -> None:
        if self._challenge is None:
            config = self._wanted.liveness
            self._challenged = self._candidate
            self._challenge = draw_challenge(
                actions=config.actions,
                action_s=config.action_s,
                limit_s=config.challenge_s,
                source=self._wanted.chance,
            )
        same = now - self._agreed_at <= IDENTITY_S
        self._challenge = advance(self._challenge, frame, now, same_person=same)
        if self._challenge.phase is Phase.PASSED and self._passed_at is None:
            self._passed_at = now

    def _answered(self) -> Proof:
        state = self._challenge
        if state is None or not state.over:
            return Proof.PENDING
        if state.failure is not None:
            return Proof.MISSING if state.failure is Failure.TOO_LATE else Proof.REFUTED
        if self._candidate != self._challenged:
            return Proof.MISSING
        # All that was done for the challenge must have been open to a veto.
        looked = self._passed_at is not None and self._looked_until >= self._passed_at
        return Proof.SHOWN if looked else Proof.PENDING

    def _late(self, since: float | None, patience_s: float) -> Proof:
        late = since is not None and self._now is not None and self._now - since > patience_s
        return Proof.MISSING if late else Proof.PENDING


def record_of(inspection: Inspection | None) -> LivenessRecord:
    """What is written down of a visit; nobody asked for anything where there is none."""
    return LivenessRecord() if inspection is None else inspection.record()
