"""Whether one visit is that of somebody alive who wants to come in."""

import math
from collections.abc import Mapping

from accessctl.domain import PersonId
from accessctl.door.demands import PosedChallenge, Prompt, Wanted
from accessctl.liveness.challenge import PROMPTS, IntentWatch, Phase, watch_intent
from accessctl.liveness.cues.infrared import INFRARED
from accessctl.liveness.cues.table import Lines, evidence_lines, hint
from accessctl.liveness.cues.texture import fills
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame
from accessctl.liveness.examiner import (
    NOTHING_SUSPECTED,
    CueStanding,
    CueWindow,
    Liveness,
    VisitCues,
)
from accessctl.liveness.texture_network import TextureSampler
from accessctl.liveness.worker import WindowQueue
from accessctl.policy.circumstances import Proof
from accessctl.policy.evidence_record import CueWord, LivenessRecord

INFRARED_HINT = "The infrared camera shows nothing: nobody can be let in now."
MIN_GAP_S = 0.045
"""Frames that come sooner after the last one are passed over: the cues were measured at 15 a
second, and two thirds of the time is saved at a camera that gives 60."""

NEAR_PX = 70.0
"""Narrower faces are too small for some of the cues."""


class VisitLiveness:
    """VisitCues, challenge and gesture of one visit. Times are capture times in seconds.

    The order of calls for a frame: `take` for every look that was answered, then `watch` with
    what `sampler` made of the frame. One look at a time is out: whoever gets one from either
    answers it by `take` or `put_back`, or the cues have failed.
    """

    def __init__(
        self, wanted: Wanted, suspected: Mapping[str, CueStanding] = NOTHING_SUSPECTED
    ) -> None:
        """`suspected` is what spoke against life in earlier attempts of the visit."""
        self._wanted = wanted
        config = wanted.liveness
        self._examiner = VisitCues(
            window_s=config.window_s,
            every_s=config.every_s,
            min_seen=wanted.min_seen,
            roles=wanted.roles,
            suspected=suspected,
        )
        self._candidate: PersonId | None = None
        self._matched_at: float | None = None
        self._now: float | None = None
        self._near, self._fills = True, False
        self._posed = PosedChallenge(config, wanted.chance, wanted.draw)
        self._queue = WindowQueue()
        self._looked_until = float("-inf")
        self._intent: IntentWatch | None = None
        self._intent_from: float | None = None
        self._forget_gesture()
        self.sampler = TextureSampler(wanted.texture)
        self.failed = False
        self.infrared_silent = False
        """Whether no infrared camera shows anything at the moment."""

    def awaits(self, look: CueWindow) -> bool:
        """Whether an answer to `look` is waited for here; others are of another attempt, or of
        another face that the visit was before."""
        return self._queue.is_out(look)

    def take(self, look: CueWindow, results: tuple[CueResult, ...]) -> CueWindow | None:
        """What a look came to; the next one that is due, if one is."""
        self._examiner.take(look, results)
        self._looked_until = look.frames[-1].captured
        self._queue.answered()
        return self._next()

    def suspect(self, look: CueWindow, results: tuple[CueResult, ...]) -> None:
        """What a look that is not awaited here came to: it shows no life, and may speak of an
        attack."""
        self._examiner.suspect(look, results)

    def put_back(self) -> None:
        """The look that was due cannot be looked at now; `watch` gives it again."""
        self._queue.put_back()

    def fail(self) -> None:
        """The cues failed on this visit: it will not be found alive."""
        self.failed = True

    def watch(
        self, frame: LivenessFrame, candidate: PersonId | None, *, matched: bool
    ) -> CueWindow | None:
        """Take in a frame of the face; the look that is due, if one is and none is out.

        `candidate` is whom the visit looks like, and `matched` whether it could be granted
        to them for their face alone.
        """
        now = self._now = frame.captured
        if candidate != self._candidate:
            self._candidate, self._matched_at = candidate, None
            self._forget_gesture()
        self._near, self._fills = frame.box.w >= NEAR_PX, fills(frame)
        self._posed.note(frame, candidate)
        if matched and self._matched_at is None:
            self._matched_at = now
        if self._matched_at is not None:
            self._go_on(frame, now)
        if self._wanted.liveness.mode == "off" or self.failed:
            return None
        look = self._examiner.collect(frame, candidate)
        if look is not None:
            self._queue.add(look)
        return self._next()

    def is_due(self, captured: float) -> bool:
        """Whether the frame of that time is to be watched: not so soon after the last one.

        Always before the first, and where time ran back.
        """
        return self._now is None or not 0 <= captured - self._now < MIN_GAP_S

    @property
    def liveness(self) -> Proof:
        """A veto refutes; what is not shown in its time is missing, and so is what is doubted
        then; a fault shows nothing.

        Where the door has an infrared camera, nothing is shown unless that is clear.
        """
        mode = self._wanted.liveness.mode
        if mode == "off":
            return Proof.NOT_NEEDED
        found = self._examiner.verdict_on(self._candidate)
        if found.verdict is Liveness.ATTACK:
            return Proof.REFUTED
        if self.failed:
            return Proof.MISSING
        if mode == "challenge":
            return self._answered(doubted=bool(found.doubts) or not self._infrared_agrees)
        if found.verdict is Liveness.LIVE and self._infrared_agrees:
            return Proof.SHOWN
        return self._undecided(self._matched_at)

    @property
    def doubted(self) -> bool:
        """Whether more speaks against life than that it was not shown.

        That is a doubt of an attack, cues that failed, and a challenge that was another's: no
        PIN makes up for any of them.
        """
        another = self._posed.another(self._candidate)
        return self.failed or another or self.record().doubts_attack

    @property
    def suspected(self) -> Mapping[str, CueStanding]:
        """What the cues hold against the visit by now: a new attempt begins with it."""
        return self._examiner.suspected

    @property
    def attacked(self) -> bool:
        """Whether a cue has seen an attack, whomever it was that the visit looked like."""
        return any(of.veto is not None for of in self._examiner.suspected.values())

    @property
    def unanswered(self) -> PersonId | None:
        """Whom a challenge was asked of that is not answered, if anybody."""
        return self._posed.person if self._posed.asked and self._posed.passed_at is None else None

    @property
    def challenge(self) -> str | None:
        """How the challenge ended; see PosedChallenge.ended."""
        return self._posed.ended

    @property
    def intent(self) -> Proof:
        if self._intent is None:
            return Proof.NOT_NEEDED
        if self._intent.seen:
            return Proof.SHOWN
        late = self._passed(self._intent_from) > self._wanted.intent_s
        return Proof.MISSING if late else Proof.PENDING

    @property
    def cues(self) -> tuple[CueResult, ...]:
        """Each cue's word on the person whom the visit looks like."""
        return self._examiner.verdict_on(self._candidate).results

    @property
    def gathered(self) -> Lines:
        """What each cue has gathered, in words; nothing where nobody asks for life."""
        if self._wanted.liveness.mode == "off":
            return ()
        return evidence_lines(self.cues, self._wanted.roles)

    @property
    def prompt(self) -> Prompt | None:
        """What to tell the visitor now."""
        if self._matched_at is None:
            return None
        liveness = self.liveness
        state = self._posed.state
        if liveness is Proof.PENDING and state is not None and not state.over:
            asked = state.phase in {Phase.ASKED, Phase.RETURNING}
            ask = state.steps[state.index].ask if asked else ""
            return Prompt(state.prompt, ask, state.index + 1, len(state.steps))
        if liveness in (Proof.REFUTED, Proof.MISSING):
            return None
        if liveness is Proof.PENDING and self._infrared_wanted and self.infrared_silent:
            return Prompt(INFRARED_HINT)
        found = self._examiner.verdict_on(self._candidate)
        gesture = self._intent if self.intent is Proof.PENDING else None
        # What is doubted is more urgent than the gesture, of which there is time left.
        if gesture is not None and not found.doubts:
            return Prompt(PROMPTS[gesture.ask], gesture.ask, 1, 1)
        if liveness is Proof.PENDING and (found.doubts or state is None):
            said = hint(found.results, self._wanted.roles, near=self._near, fills=self._fills)
            return Prompt(said)
        return None

    def looked_at(self, captured: float) -> bool:
        """Whether the cues have seen the frame of that time."""
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
        asked = tuple(ask.value for ask in self._posed.asked)
        return LivenessRecord(
            self._wanted.liveness.mode, words, asked, self._posed.failure, self._examiner.doubts
        )

    @property
    def _infrared_wanted(self) -> bool:
        return self._wanted.liveness.infrared is not None

    @property
    def _infrared_agrees(self) -> bool:
        """Whether the door has no infrared camera, or it shows the same face now."""
        if not self._infrared_wanted:
            return True
        said = {result.cue: result.verdict for result in self.cues}
        return said.get(INFRARED) is CueVerdict.CLEAR

    def _go_on(self, frame: LivenessFrame, now: float) -> None:
        if self._wanted.liveness.mode == "challenge":
            self._posed.go_on(frame, self._candidate)
            # A gesture must not be taken for a wrong answer to the challenge.
            if self.liveness is not Proof.SHOWN:
                return
        if self._intent is not None:
            if self._intent_from is None:
                self._intent_from = now
            # Whoever else makes the gesture says nothing of whether this person wants to come in.
            if frame.person == self._candidate:
                self._intent = watch_intent(self._intent, frame)
            elif frame.person is not None:
                self._forget_gesture()

    def _forget_gesture(self) -> None:
        """It has to be made from the beginning, in the time there is from now on."""
        self._intent = None if self._wanted.intent is None else IntentWatch(self._wanted.intent)
        self._intent_from = None

    def _next(self) -> CueWindow | None:
        look = self._queue.next()
        return None if look is None else self._examiner.aware(look)

    def _answered(self, *, doubted: bool) -> Proof:
        answer, passed_at = self._posed.answer(self._candidate), self._posed.passed_at
        if answer is not Proof.SHOWN or passed_at is None:
            return answer
        # All that was done for the challenge must have been open to a veto or a doubt.
        if self._looked_until < passed_at or doubted:
            return self._undecided(passed_at)
        return Proof.SHOWN

    def _undecided(self, since: float | None) -> Proof:
        """Patience ends by the frames' own times: not before the looks that were due by then have
        been answered, or as long again has passed."""
        patience_s = self._wanted.liveness.patience_s
        passed, due = self._passed(since), self._queue.earliest
        if not passed > patience_s:
            return Proof.PENDING
        in_time = since is not None and due is not None and due - since <= patience_s
        return Proof.PENDING if in_time and passed <= 2 * patience_s else Proof.MISSING

    def _passed(self, since: float | None) -> float:
        """Seconds from `since` to the last frame; 0 where nothing has begun."""
        return 0.0 if since is None or self._now is None else self._now - since
