"""The loop: newest frame in, steps out, until the feed ends or somebody says stop."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import Protocol

from accessctl.domain import Frame
from accessctl.door.door import Door, Step

# How long to wait for a frame before looking whether to stop, seconds.
PATIENCE_S = 0.2


class FrameReader(Protocol):
    @property
    def ended(self) -> bool: ...

    def next(self, timeout_s: float) -> Frame | None: ...


def nothing() -> None:
    """What there is to do between two frames, usually."""


def watch(
    reader: FrameReader,
    door: Door,
    stop: Event,
    clock: Callable[[], float],
    seconds: float | None = None,
    between: Callable[[], None] = nothing,
) -> Iterator[tuple[Frame, Step]]:
    """Each frame with what it brought; at most `seconds` of `clock`.

    `between` is called before each look for a frame, so at least every PATIENCE_S while none
    comes; what it raises ends the loop.
    """
    until = None if seconds is None else clock() + seconds
    while not stop.is_set() and not (until is not None and clock() >= until):
        between()
        frame = reader.next(PATIENCE_S)
        if frame is not None:
            yield frame, door.step(frame)
        elif reader.ended:
            return
