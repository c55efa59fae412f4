"""A photograph moved about as a flat sheet in front of a virtual pinhole camera."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from accessctl.demo.sheet import Sheet, lay_sheet
from accessctl.domain import Frame, Image


@dataclass(frozen=True, slots=True)
class Hand:
    """How a hand moves the sheet: amplitudes, in shares of its width and in degrees.

    Every component is a sum of two incommensurate sines, so that none repeats soon.
    """

    shift: float = 0.15
    closer: float = 0.10
    yaw: float = 25.0
    pitch: float = 15.0
    roll: float = 8.0
    rate: float = 0.4
    phase: float = 0.0

    def at(self, t: float, rest: Sheet) -> Sheet:
        def wave(speed: float, offset: float) -> float:
            turn = 2 * math.pi * self.rate * speed * t + offset + self.phase
            return 0.7 * math.sin(turn) + 0.3 * math.sin(1.73 * turn + offset)

        return Sheet(
            rest.x + self.shift * rest.width * wave(1.0, 0.3),
            rest.y + self.shift * rest.width * wave(0.8, 1.1),
            rest.width * (1 + self.closer * wave(0.6, 2.0)),
            rest.yaw + self.yaw * wave(1.1, 0.0),
            rest.pitch + self.pitch * wave(0.9, 4.0),
            rest.roll + self.roll * wave(0.7, 5.2),
        )


def moved_photo(
    photo: Image,
    backdrop: Image,
    rest: Sheet,
    hand: Hand,
    *,
    frames: int,
    fps: float,
    seed: int,
    blur: float = 0.8,
    noise: float = 3.0,
) -> Iterator[Frame]:
    """`frames` pictures of `photo` held by `hand` before a still `backdrop`, RGB uint8.

    `blur` is the lens's Gaussian blur in pixels, `noise` the sensor's deviation in levels.
    """
    random = np.random.default_rng(seed)
    for index in range(frames):
        picture = backdrop.copy()
        lay_sheet(picture, photo, hand.at(index / fps, rest))
        yield Frame(as_seen(picture, random, blur, noise), index / fps, index)


def as_seen(picture: Image, random: np.random.Generator, blur: float, noise: float) -> Image:
    """`picture` through a lens of that `blur` and a sensor of that `noise`."""
    soft = cv2.GaussianBlur(picture, (0, 0), blur) if blur > 0 else picture
    grain = random.normal(0, noise, soft.shape) if noise > 0 else 0.0
    seen: Image = np.clip(np.rint(soft + grain), 0, 255).astype(np.uint8)
    return seen
