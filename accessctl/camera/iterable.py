"""Pictures that a program makes or has, played as a camera."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from accessctl.camera.source import Shot
from accessctl.domain import Image
from accessctl.errors import PhotoError

GivenFrame: TypeAlias = Image | tuple[Image, float]
"""A picture, or a picture and its time in seconds since the first."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameSource:
    """The pictures of any iterable: RGB uint8 (H, W, 3), alone or each with its time in seconds.

    Pictures alone are `fps` a second. Every one is looked at, in order, as soon as it is wanted;
    `live`: the newest alone counts, and its time is when it came. The iterable is read by a
    thread of its own; what it raises ends the door and is raised there. PhotoError, where it is
    read, for what is no picture and for times that do not rise.

    >>> import numpy as np
    >>> source = FrameSource([np.zeros((48, 64, 3), np.uint8)] * 2, fps=10)
    >>> feed = source.open()
    >>> [feed.read().media, feed.read().media, feed.read()]
    [0.0, 0.1, None]
    """

    frames: Iterable[GivenFrame]
    fps: float = 15.0
    live: bool = False
    description: str = "pictures of a program"

    @property
    def endless(self) -> bool:
        """False: the door ends when the pictures do."""
        return False

    def open(self) -> "FrameFeed":
        return FrameFeed(iter(self.frames), self.fps, timed=not self.live)


class FrameFeed:
    """The pictures that are left; see FrameSource."""

    def __init__(self, frames: Iterator[Any], fps: float, *, timed: bool) -> None:
        self._frames = enumerate(frames)
        self._fps = fps
        self._timed = timed
        self._last = float("-inf")

    def read(self) -> Shot | None:
        for index, given in self._frames:
            image, media = given if isinstance(given, tuple) else (given, index / self._fps)
            image = rgb_image(image, f"Picture {index}")
            if not self._timed:
                return Shot(image)
            # Written as "not (a > b)" so that a NaN does not rise.
            if not media > self._last:
                raise PhotoError(
                    f"Picture {index} is of {media} s and the one before it of {self._last} s; "
                    "give each a later time."
                )
            self._last = float(media)
            return Shot(image, self._last)
        return None

    def close(self) -> None:
        """Nothing to give back: the iterable is the caller's."""


def rgb_image(value: Any, name: str) -> Image:
    """`value` as a contiguous RGB image; PhotoError, which calls it `name`, for anything else.

    >>> rgb_image([1, 2], "This")
    Traceback (most recent call last):
    accessctl.errors.PhotoError: This is a list, not an RGB picture: give uint8 (H, W, 3).
    """
    if not isinstance(value, np.ndarray):
        what = f"a {type(value).__name__}"
    elif value.dtype != np.uint8 or value.ndim != 3 or value.shape[2] != 3 or not value.size:
        what = f"{value.dtype} {value.shape}"
    else:
        return np.ascontiguousarray(value)
    raise PhotoError(f"{name} is {what}, not an RGB picture: give uint8 (H, W, 3).")
