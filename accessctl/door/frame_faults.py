"""Frames that could not be looked at: how many of them end the door, and what goes on record."""

import logging
from collections.abc import Callable
from typing import TypeAlias

OnFrameFault: TypeAlias = Callable[[Exception], None]

MOST_RUNNING = 10
"""So many frames that fail without a good one between them end the loop."""

STEADY_S = 10.0
"""A row of failures is over once so long has passed without another, seconds."""

LASTING_S, LASTING_SHARE = 60.0, 0.25
"""Where more than this share of the frames of so many seconds failed, the loop ends: a door that
goes on like that would keep people waiting for ever."""

log = logging.getLogger(__name__)


def unnoted(_error: Exception) -> None:
    """Whoever wants to know nothing of frames that failed."""


class FrameFaults:
    """Counts frames that failed; `on_first` hears of the first of each row. Times are capture times
    in seconds."""

    def __init__(self, on_first: OnFrameFault = unnoted) -> None:
        self._on_first = on_first
        self._running = 0
        self._last: float | None = None
        self._since = 0.0
        self._frames = self._failures = 0
        self.dropped = 0

    def good(self, now: float) -> None:
        """A frame was looked at."""
        self._running = 0
        self._frames += 1
        if not self._in_row(now):
            self._last = None

    def failed(self, error: Exception, now: float) -> None:
        """Raises `error` where too many fail, at once or for long."""
        begins = not self._in_row(now)
        if begins:
            self._begin(now)
        self._last = now
        self._running += 1
        self._frames += 1
        self._failures += 1
        self.dropped += 1
        if self._running >= MOST_RUNNING:
            raise error
        if now - self._since >= LASTING_S:
            if self._failures > LASTING_SHARE * self._frames:
                raise error
            self._begin(now)
        if begins:
            log.error("A frame could not be looked at and is dropped.", exc_info=error)
            self._on_first(error)

    def _in_row(self, now: float) -> bool:
        return self._last is not None and 0 <= now - self._last < STEADY_S

    def _begin(self, now: float) -> None:
        """Begin to count the share anew."""
        self._since, self._frames, self._failures = now, 0, 0
