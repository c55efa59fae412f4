"""The evidence of one visit, looked at now and again: what was said stands until it is undone."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from accessctl.domain import PersonId
from accessctl.liveness.combine import MIN_SEEN, LivenessVerdict, combine, examine
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict
from accessctl.liveness.roles import breaks, may_veto
from accessctl.liveness.standing import NEW, Standing, cut_off, hear

MAX_FRAMES = 90
FEWEST = 6
REMEMBERED = 256
"""Of so many frames it is known that they were looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Frames of a visit, oldest first, that are to be looked at as frames of `candidate`.

    A cue named in `after` is shown only those captured later than that.
    """

    frames: tuple[LivenessFrame, ...]
    candidate: PersonId | None
    min_seen: float
    after: Mapping[str, float]

    def results(self) -> tuple[CueResult, ...]:
        """What each cue says, in a fixed order; some tenth of a second of one core."""
        return examine(
            self.frames, self.candidate, min_seen=self.min_seen, after=self.after
        ).results


class Examiner:
    """Takes in the frames of one visit in order and knows its verdict so far.

    A veto holds for the rest of the visit: a phone that is moved so close that its rim leaves
    the picture stays a phone. A doubt stands until the cue, shown later frames only, says that
    it is clear; if it doubts again instead, that is a veto. A confirmation holds unless the
    same cue doubts, but only for the person whom the frames showed that it came from.
    """

    def __init__(self, *, window_s: float, every_s: float, min_seen: float = MIN_SEEN) -> None:
        self._window_s = window_s
        self._every_s = every_s
        self._min_seen = min_seen
        self._frames: deque[LivenessFrame] = deque(maxlen=MAX_FRAMES)
        self._due_from: float | None = None
        self._standing: dict[str, Standing] = {}
        self._confirmed: dict[tuple[PersonId | None, str], CueResult] = {}
        self._looked: dict[float, None] = {}

    @property
    def verdict(self) -> LivenessVerdict:
        """The verdict where nobody asks whom the frames show."""
        return self.verdict_on(None)

    def verdict_on(self, candidate: PersonId | None) -> LivenessVerdict:
        """Of each cue its veto or standing doubt, or else its confirmation for `candidate`, or
        else its latest word."""
        words = (self._word(cue, of, candidate) for cue, of in self._standing.items())
        results = tuple(word for word in words if word is not None)
        return LivenessVerdict(combine(results), results)

    @property
    def doubts(self) -> Mapping[str, int]:
        """How often each cue has doubted, of those that did."""
        return {cue: of.doubts for cue, of in self._standing.items() if of.doubts}

    def looked_at(self, captured: float) -> bool:
        """Whether the cues have seen the frame that was captured then."""
        return captured in self._looked

    def add(self, frame: LivenessFrame) -> bool:
        """Whether the cues looked at the visit on this occasion (a tenth of a second)."""
        look = self.collect(frame)
        if look is None:
            return False
        self.take(look, look.results())
        return True

    def collect(self, frame: LivenessFrame, candidate: PersonId | None = None) -> Look | None:
        """Take in a frame; what is to be looked at now, if a look is due.

        What it comes to is to be given to `take`. A look that never comes to anything only
        delays: the next one shows most of the same frames.
        """
        backwards = bool(self._frames) and frame.captured < self._frames[-1].captured
        self._frames.append(frame)
        while frame.captured - self._frames[0].captured > self._window_s:
            self._frames.popleft()
        # A clock that ran backwards is looked at at once, so that `continuity` sees it.
        waited = self._due_from is None or frame.captured - self._due_from >= self._every_s
        if len(self._frames) < FEWEST or not (backwards or waited):
            return None
        self._due_from = frame.captured
        return self.aware(Look(tuple(self._frames), candidate, self._min_seen, {}))

    def aware(self, look: Look) -> Look:
        """The same look, told of the doubts that have been heard since it was collected."""
        after = {cue: of.after for cue, of in self._standing.items() if of.after > -math.inf}
        return replace(look, after=after)

    def take(self, look: Look, results: tuple[CueResult, ...]) -> None:
        """Take over what the cues said of a look."""
        for frame in look.frames:
            self._looked[frame.captured] = None
        while len(self._looked) > REMEMBERED:
            del self._looked[next(iter(self._looked))]
        for result in results:
            self._standing.setdefault(result.cue, NEW)
        # What breaks a visit in two comes last, so that it undoes what was said beside it.
        for result in sorted(results, key=lambda one: breaks(one.cue)):
            self._hear(look, _spanned(result, look))

    def _hear(self, look: Look, result: CueResult) -> None:
        cue, before = result.cue, self._standing[result.cue]
        shown_after = look.after.get(cue, -math.inf)
        now = hear(before, result, shown_after=shown_after, vetoes=may_veto(cue))
        self._standing[cue] = now
        if now is before:
            return
        if result.verdict is CueVerdict.CONFIRM:
            self._confirmed[look.candidate, cue] = result
        elif result.verdict is CueVerdict.DOUBT:
            self._take_back(cue, result.until)

    def _take_back(self, cue: str, until: float) -> None:
        """Forget the life that a doubt of `cue` speaks against."""
        everything = breaks(cue)
        if everything:
            self._standing = {name: cut_off(of, until) for name, of in self._standing.items()}
        self._confirmed = {
            key: word for key, word in self._confirmed.items() if not (everything or key[1] == cue)
        }

    def _word(self, cue: str, of: Standing, candidate: PersonId | None) -> CueResult | None:
        kept = of.against or self._confirmed.get((candidate, cue))
        if kept is not None:
            return kept
        # What is left of a confirmation that was for somebody else.
        if of.latest is not None and of.latest.verdict is CueVerdict.CONFIRM:
            return replace(of.latest, verdict=CueVerdict.CLEAR)
        return of.latest


def _spanned(result: CueResult, look: Look) -> CueResult:
    """A doubt that does not say on which frames it rests rests on all that it was shown."""
    if result.verdict is not CueVerdict.DOUBT or math.isfinite(result.until):
        return result
    return replace(result, until=look.frames[-1].captured)
