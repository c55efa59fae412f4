"""The evidence of one visit, looked at now and again; a veto is never forgotten."""

from collections import deque

from accessctl.liveness.combine import MIN_SEEN, LivenessVerdict, combine, examine
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict

MAX_FRAMES = 90
FEWEST = 6


class Examiner:
    """Takes in the frames of one visit in order and knows its verdict so far.

    A veto holds for the rest of the visit: a phone that is moved so close that its rim leaves
    the picture stays a phone. So does a confirmation, unless a veto comes.
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
        self._looked: float | None = None
        self._kept: dict[str, CueResult] = {}
        self._latest: tuple[CueResult, ...] = ()

    @property
    def verdict(self) -> LivenessVerdict:
        """The latest word of each cue, or its veto, or else its confirmation, if it gave one."""
        results = tuple(self._kept.get(result.cue, result) for result in self._latest)
        return LivenessVerdict(combine(results), results)

    def add(self, frame: LivenessFrame) -> bool:
        """Whether the cues looked at the visit on this occasion (a tenth of a second)."""
        backwards = bool(self._frames) and frame.captured < self._frames[-1].captured
        self._frames.append(frame)
        while frame.captured - self._frames[0].captured > self._window_s:
            self._frames.popleft()
        # A clock that ran backwards is looked at at once, so that `continuity` sees it.
        due = backwards or self._looked is None or frame.captured - self._looked >= self._every_s
        if len(self._frames) < FEWEST or not due:
            return False
        self._looked = frame.captured
        self._look()
        return True

    def _look(self) -> None:
        self._latest = examine(
            tuple(self._frames), still_camera=self._still_camera, min_seen=self._min_seen
        ).results
        for result in self._latest:
            kept = self._kept.get(result.cue)
            if result.verdict is CueVerdict.UNDECIDED or (
                kept is not None and kept.verdict is CueVerdict.VETO
            ):
                continue
            self._kept[result.cue] = result
