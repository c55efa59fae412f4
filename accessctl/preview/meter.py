"""Frame rate and stage times, smoothed so that they can be read."""

from collections import deque
from collections.abc import Mapping

SMOOTHING = 0.1
WINDOW = 30


class Meter:
    """Times are seconds of a monotonic clock, stages milliseconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=WINDOW)
        self.stages: dict[str, float] = {}

    def note(self, now: float, timings: Mapping[str, float]) -> None:
        self._times.append(now)
        for stage, value in timings.items():
            before = self.stages.get(stage, value)
            self.stages[stage] = before + SMOOTHING * (value - before)

    @property
    def fps(self) -> float:
        """Frames a second over the last WINDOW frames; 0 before the second frame."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return 0.0
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])
