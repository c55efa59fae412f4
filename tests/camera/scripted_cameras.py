"""Cameras that do as a test says, and what is needed to wait for them."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from accessctl.camera.fake import FakeSource
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.domain import Frame

PATIENCE_S = 20.0
AT_ONCE = CameraConfig(steady_s=0)


def camera(*feeds: Any) -> FakeSource:
    return FakeSource(feeds, live=True, endless=True)


def value(frame: Frame | None) -> int:
    assert frame is not None
    return int(frame.image[0, 0, 0])


class Halt:
    """An event at which a scripted feed waits; released when the test is over."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __enter__(self) -> threading.Event:
        return self.event

    def __exit__(self, *_: object) -> None:
        self.event.set()


class Signal(threading.Event):
    """A step that does not wait but tells the test that the feed got this far."""

    def __init__(self, reached: threading.Event) -> None:
        super().__init__()
        self._reached = reached

    def wait(self, timeout: float | None = None) -> bool:
        self._reached.set()
        return True


def noise(seed: int) -> Shot:
    """A picture of a working sensor: never twice the same."""
    return Shot(np.random.default_rng(seed).integers(0, 255, (32, 48, 3), dtype=np.uint8))


class Later(threading.Event):
    """A step that takes time, and gives no picture."""

    def __init__(self, clock: Any, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.advance(self._seconds)
        return True


def spaced(clock: Any, shots: Sequence[Shot]) -> list[Any]:
    """The shots, a second between one and the next."""
    return [step for shot in shots for step in (shot, Later(clock, 1))]


class Notes:
    """The events of a reader, and a way to wait for so many of them."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def __call__(self, event: str, detail: str) -> None:
        with self._changed:
            self.seen.append((event, detail))
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, PATIENCE_S)
            return [event for event, _ in self.seen]
