"""Frames that could not be looked at: each is dropped and counted; a row of them ends the loop."""

import logging
from collections.abc import Callable

MOST_IN_A_ROW = 10

log = logging.getLogger(__name__)

OnFrameFault = Callable[[Exception], None]


def unnoted(_error: Exception) -> None:
    """Whoever wants to know nothing of them."""


class FrameFaults:
    """Counts frames that failed; `on_first` hears of the first of each row."""

    def __init__(self, on_first: OnFrameFault = unnoted) -> None:
        self._on_first = on_first
        self._row = 0
        self.dropped = 0

    def good(self) -> None:
        """A frame was looked at: the row is over."""
        self._row = 0

    def failed(self, error: Exception) -> None:
        """Raises `error` where it is the last of a row that is too long."""
        self._row += 1
        self.dropped += 1
        if self._row >= MOST_IN_A_ROW:
            raise error
        if self._row == 1:
            log.error("A frame could not be looked at and is dropped.", exc_info=error)
            self._on_first(error)
