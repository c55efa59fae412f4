"""The looks of one visit that are due: in order, one after the other."""

from collections import deque

from accessctl.liveness.examiner import Look

MOST = 2
"""So many looks may wait behind the one that is being looked at; beyond, the newest of them is
replaced by what comes, which shows most of the same frames."""


class LookQueue:
    """One look at a time is out to be looked at, so that each is told of the doubts before it:
    a busy machine delays the looks of a visit and does not make other ones of them."""

    def __init__(self) -> None:
        self._waiting: deque[Look] = deque()
        self._out: Look | None = None

    def add(self, look: Look) -> None:
        """One more look is due."""
        if len(self._waiting) >= MOST:
            self._waiting.pop()
        self._waiting.append(look)

    def next(self) -> Look | None:
        """The look that is to be looked at now, if none is out."""
        if self._out is not None or not self._waiting:
            return None
        self._out = self._waiting.popleft()
        return self._out

    def answered(self) -> None:
        """The one that was out has come to something."""
        self._out = None

    def put_back(self) -> None:
        """The one that was out could not be looked at; it is the next one again."""
        if self._out is not None:
            self._waiting.appendleft(self._out)
            self._out = None

    @property
    def earliest(self) -> float | None:
        """Capture time in seconds of the last frame of the first look without an answer."""
        first = self._out or (self._waiting[0] if self._waiting else None)
        return None if first is None else first.frames[-1].captured
