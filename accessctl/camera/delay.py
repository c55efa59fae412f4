"""How far the pictures of a network camera have fallen behind since it was opened.

A stream says of each picture when it was taken, on a clock of the camera's own whose beginning
nobody knows. So the delay itself cannot be told, only how much it has grown: by how much more the
door's clock has gone on than the stream's, against the best of the last minutes.
"""

from collections import deque

WINDOW_S = 600.0
"""The best of the last so many seconds counts: clocks drift apart by some hundredths of a second in
it, whatever they do in a month."""

STEP_S = 1.0
"""The best is kept for every so many seconds."""

LONGEST_JUMP_S = 3600.0
"""A stamp that leaps further, or runs back, begins another reckoning."""


class StreamDelay:
    """Fed with every picture of one connection."""

    def __init__(self) -> None:
        self._best: deque[tuple[float, float]] = deque()
        self._last: float | None = None

    def note(self, stamp: float, now: float) -> float:
        """Seconds by which the picture stamped `stamp` by the stream is later than the best were.

        `now` is monotonic, in seconds. 0 for a stream whose stamps do not go on.
        """
        before, self._last = self._last, stamp
        if before is None or not 0 < stamp - before < LONGEST_JUMP_S:
            self._best.clear()
            return 0.0
        late = now - stamp
        while self._best and now - self._best[0][0] > WINDOW_S:
            self._best.popleft()
        if not self._best or now - self._best[-1][0] >= STEP_S:
            self._best.append((now, late))
        elif late < self._best[-1][1]:
            self._best[-1] = self._best[-1][0], late
        return late - min(one for _, one in self._best)
