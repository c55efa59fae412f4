"""The evidence of one visit, looked at now and again; a veto is never forgotten."""

from collections import deque
from dataclasses import dataclass, replace

from accessctl.domain import PersonId
from accessctl.liveness.combine import MIN_SEEN, LivenessVerdict, combine, examine
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict

MAX_FRAMES = 90
FEWEST = 6
REMEMBERED = 256
"""Of so many frames it is known that they were looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Frames of a visit, oldest first, that are to be looked at as frames of `candidate`."""

    frames: tuple[LivenessFrame, ...]
    candidate: PersonId | None
    still_camera: bool
    min_seen: float

    def results(self) -> tuple[CueResult, ...]:
        """What each cue says, in a fixed order; some tenth of a second of one core."""
        return examine(
            self.frames,
            self.candidate,
            still_camera=self.still_camera,
            min_seen=self.min_seen,
        ).results


class Examiner:
    """Takes in the frames of one visit in order and knows its verdict so far.

    A veto holds for the rest of the visit: a phone that is moved so close that its rim leaves
    the picture stays a phone. So does a confirmation, unless a veto comes, but only for
    the person whom the frames showed that it came from.
    """

    def __init__(
        self,
        *,
        window_s: float,
        every_s: float,
        still_camera: bool = True,
        min_seen: float = MIN_SEEN,
    ) -> None:
        self._window_s = window_s
        self._every_s = every_s
        self._still_camera = still_camera
        self._min_seen = min_seen
        self._frames: deque[LivenessFrame] = deque(maxlen=MAX_FRAMES)
        self._due_from: float | None = None
        self._vetoes: dict[str, CueResult] = {}
        self._confirmed: dict[tuple[PersonId | None, str], CueResult] = {}
        self._latest: tuple[CueResult, ...] = ()
        self._looked: dict[float, None] = {}

    @property
    def verdict(self) -> LivenessVerdict:
        """The verdict where nobody asks whom the frames show."""
        return self.verdict_on(None)

    def verdict_on(self, candidate: PersonId | None) -> LivenessVerdict:
        """The latest word of each cue, or its veto, or else its confirmation for `candidate`."""
        results = tuple(self._word(result, candidate) for result in self._latest)
        return LivenessVerdict(combine(results), results)

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
        return Look(tuple(self._frames), candidate, self._still_camera, self._min_seen)

    def take(self, look: Look, results: tuple[CueResult, ...]) -> None:
        """Take over what the cues said of a look."""
        self._latest = results
        for frame in look.frames:
            self._looked[frame.captured] = None
        while len(self._looked) > REMEMBERED:
            del self._looked[next(iter(self._looked))]
        for result in results:
            if result.verdict is CueVerdict.VETO:
                self._vetoes.setdefault(result.cue, result)
            elif result.verdict is CueVerdict.CONFIRM:
                self._confirmed[look.candidate, result.cue] = result

    def _word(self, result: CueResult, candidate: PersonId | None) -> CueResult:
        kept = self._vetoes.get(result.cue) or self._confirmed.get((candidate, result.cue))
        if kept is not None:
            return kept
        # What is left of a confirmation that was for somebody else.
        if result.verdict is CueVerdict.CONFIRM:
            return replace(result, verdict=CueVerdict.UNDECIDED)
        return result
