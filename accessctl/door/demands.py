"""What a visitor has to show beside their face, and what they are told: what is wanted of all, the
challenge that one visit is given, and the prompts.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import Factor
from accessctl.domain import PersonId
from accessctl.liveness.challenge import Ask, Challenge, Failure, Phase, advance, draw_challenge
from accessctl.liveness.cues.table import ROLES, CueRole
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.examiner import MIN_SEEN
from accessctl.liveness.texture_network import TextureScorer
from accessctl.policy.circumstances import Circumstances, Proof
from accessctl.policy.decide import Evidence, Naming

UNFINISHED = "unfinished"

IDENTITY_S = 3.0
"""In a challenge, a frame must show the person at least this often, seconds: who turns away
cannot be recognised for a moment. What other frames show is never counted, and for longer than
this they end the challenge."""

DrawChallenge = Callable[..., Challenge]
"""As `draw_challenge`."""

TEXTS: Mapping[Factor, str] = {"pin": "Enter your PIN.", "button": "Press the button."}
LOOK_UP = "Look at the camera."
SHOW_BADGE = "Show your badge."
BADGE = "badge"


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
class Asked:
    """A visitor is asked for something."""

    visit: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be shown; `chance` None: the operating system's randomness.

    `texture` is asked about the pictures of a visit; None: nobody is. `min_seen` is how much of
    a face's surroundings the picture must show for some cues to confirm life; another than the
    usual is for measuring what that is worth. `added` are cues beside the built-in ones, and
    `draw` gives each visit its challenge.
    """

    liveness: LivenessConfig
    intent: Ask | None = None
    intent_s: float = 10.0
    chance: random.Random | None = None
    texture: TextureScorer | None = None
    min_seen: float = MIN_SEEN
    added: tuple[CueRole, ...] = ()
    draw: DrawChallenge = draw_challenge

    @property
    def proofs(self) -> tuple[LivenessConfig, Ask | None]:
        """What says which proofs are asked for."""
        return self.liveness, self.intent

    @property
    def roles(self) -> tuple[CueRole, ...]:
        """Every cue that looks at a visit."""
        return (*ROLES, *self.added)


NOTHING_WANTED = Wanted(LivenessConfig(mode="off"))


class PosedChallenge:
    """Nothing is drawn before `go_on` is called for the first time; `passed_at` is the capture
    time in seconds at which all had been done. `chance` None: the operating system's."""

    def __init__(
        self,
        config: LivenessConfig,
        chance: random.Random | None,
        draw: DrawChallenge = draw_challenge,
    ) -> None:
        self._config = config
        self._draw = draw
        self._chance = chance
        self._agreed_at = float("-inf")
        self.state: Challenge | None = None
        self.person: PersonId | None = None
        self.passed_at: float | None = None

    def note(self, frame: LivenessFrame, candidate: PersonId | None) -> None:
        """Whom a frame shows; to be told of each, before `go_on`."""
        whose = candidate if self.state is None else self.person
        if frame.person is not None and frame.person == whose:
            self._agreed_at = frame.captured

    def go_on(self, frame: LivenessFrame, candidate: PersonId | None) -> None:
        if self.state is None:
            self.person = candidate
            self.state = self._draw(
                actions=self._config.actions,
                action_s=self._config.action_s,
                limit_s=self._config.challenge_s,
                source=self._chance,
            )
        now = frame.captured
        same = now - self._agreed_at <= IDENTITY_S
        # Only what frames of this very person show is an answer of theirs.
        shown = frame if frame.person is not None and frame.person == self.person else None
        self.state = advance(self.state, shown, now, same_person=same)
        if self.state.phase is Phase.PASSED and self.passed_at is None:
            self.passed_at = now

    def another(self, candidate: PersonId | None) -> bool:
        """Whether it was given to somebody else."""
        return self.state is not None and candidate != self.person

    def answer(self, candidate: PersonId | None) -> Proof:
        """What it shows of `candidate`."""
        if self.state is None or not self.state.over:
            return Proof.PENDING
        if self.state.failure is not None:
            late = self.state.failure is Failure.TOO_LATE
            return Proof.MISSING if late else Proof.REFUTED
        return Proof.MISSING if self.another(candidate) else Proof.SHOWN

    @property
    def failure(self) -> str | None:
        failure = None if self.state is None else self.state.failure
        return None if failure is None else failure.value

    @property
    def ended(self) -> str | None:
        """ "passed", or the word of the failure; "unfinished" until it is over, None before it
        was posed."""
        if self.state is None:
            return None
        if not self.state.over:
            return UNFINISHED
        return self.failure or self.state.phase.value

    @property
    def asked(self) -> tuple[Ask, ...]:
        """The actions that have been asked so far."""
        state = self.state
        if state is None:
            return ()
        waiting = state.phase in {Phase.SETTLING, Phase.PAUSE}
        return tuple(step.ask for step in state.steps[: state.index + (not waiting)])


def factor_prompt(it: Circumstances) -> Prompt | None:
    """The prompt while somebody is waited for, or None.

    Whoever has shown the second factor and still stands there has looked down at it: the face
    must be seen at the same moment.
    """
    if not it.awaited or it.factor == "off":
        return None
    if it.second_factor is Proof.PENDING:
        return Prompt(TEXTS[it.factor], it.factor, 1, 1)
    return Prompt(LOOK_UP) if it.second_factor is Proof.SHOWN else None


def badge_prompt(evidence: Evidence, min_frames: int) -> Prompt | None:
    """The prompt for somebody who stands there and is compared with nobody before a badge is
    read, or None."""
    if evidence.naming is not Naming.UNCLAIMED or len(evidence.sightings) < min_frames:
        return None
    return Prompt(SHOW_BADGE, BADGE, 1, 1)
