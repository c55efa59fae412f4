"""A source that plays a script, for tests and for `accessctl doctor`."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeAlias

import numpy as np

from accessctl.camera.source import Shot
from accessctl.domain import Frame, Image
from accessctl.errors import CameraError

Step: TypeAlias = "Shot | Exception | threading.Event"


def flat_image(value: int, width: int = 4, height: int = 3) -> Image:
    """An RGB image of one grey `value`, 0 to 255: tells the frames of a test apart."""
    return np.full((height, width, 3), value, np.uint8)


def flat_shots(values: Iterable[int], fps: float | None = None) -> list[Shot]:
    """Flat shots, timed at `fps` when given, else untimed as from a camera."""
    return [
        Shot(flat_image(value), None if fps is None else index / fps)
        for index, value in enumerate(values)
    ]


class FakeFeed:
    """Plays steps in order: a shot is returned, an exception raised, an event waited for.

    After the last step it answers None, as a finished recording does.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = iter(steps)
        self.closed = threading.Event()

    def read(self) -> Shot | None:
        for step in self._steps:
            if isinstance(step, threading.Event):
                step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                return step
        return None

    def close(self) -> None:
        self.closed.set()


@dataclass
class FakeSource:
    """Opens the scripted feeds one after the other; an exception among them fails to open."""

    feeds: Sequence[Sequence[Step] | Exception]
    live: bool = False
    endless: bool = False
    description: str = "fake camera"
    opened: list[FakeFeed] = field(default_factory=list)
    attempts: int = 0

    def open(self) -> FakeFeed:
        if self.attempts >= len(self.feeds):
            raise CameraError("The fake camera has no further feed.")
        script = self.feeds[self.attempts]
        self.attempts += 1
        if isinstance(script, Exception):
            raise script
        feed = FakeFeed(script)
        self.opened.append(feed)
        return feed


class FakeCompanion:
    """A second camera that takes a picture of each moment; `picture` None: it is silent."""

    description = "fake infrared camera"

    def __init__(self, picture: Callable[[float], Image | None]) -> None:
        self.picture = picture
        self.error: str | None = None
        self.late_s = 0.0
        """How long before the moment it was asked for its picture was taken."""

    def at(self, captured: float) -> Frame | None:
        image = self.picture(captured - self.late_s)
        return None if image is None else Frame(image, captured - self.late_s, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...
