"""Somebody, or a phone that shows them, as a colour and an infrared camera side by side see it.

Both are drawn from the demo's parts. The infrared camera is half as wide, stands a hand beside
the other, magnifies a little less and has a lamp: what is near is bright in its picture, the room
behind is not, and a screen gives no light that it sees.
"""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from accessctl.demo.people import COLLINS, Cutout, collins, cutouts
from accessctl.demo.scene import empty_room, place
from accessctl.demo.script import Stance
from accessctl.domain import Image

ASIDE, MAGNIFIED = (30.0, -10.0), 0.95
LAMP, REST = 1.1, 0.4
SIZE = (640, 360)
SLACK = 64

Poses = Callable[[float], Stance]


def swaying(t: float) -> Stance:
    """A face 160 pixels wide that goes a fifth of that to either side, once in two seconds."""
    return Stance(size=160, x=640 + 32 * np.sin(np.pi * t), y=300)


def standing(t: float) -> Stance:
    return Stance(size=160, x=640 + 2 * np.sin(5 * t), y=300)


class Pairs:
    """Pictures of the two cameras at `t` seconds; noise makes no two of them the same."""

    def __init__(self, poses: Poses = swaying) -> None:
        self.poses = poses
        self._room = empty_room(0)
        self._dim = (self._room * REST).astype(np.uint8)
        noise = np.random.default_rng(0)
        self._noise = noise.integers(0, 9, (720 + SLACK, 1280 + SLACK, 3), dtype=np.uint8)
        self._cast: tuple[Cutout, ...] = cutouts(collins(), COLLINS)

    def colour(self, t: float) -> Image:
        """Somebody alive, RGB uint8 (720, 1280, 3)."""
        picture = self._room.copy()
        place(picture, self._cast, self.poses(t))
        return self._noisy(picture, t)

    def infrared(self, t: float, *, lamp: float = LAMP) -> Image:
        """The same in the infrared: grey, as RGB uint8 (360, 640, 3)."""
        picture = self._dim.copy()
        place(picture, self._lit(lamp), self._beside(self.poses(t)))
        return self._as_infrared(picture, t)

    def phone(self, t: float) -> Image:
        """A phone that shows them and is moved as they are."""
        pose = self.poses(t)
        shown = self._room.copy()
        place(shown, self._cast, pose)
        picture = self._room.copy()
        x0, y0, x1, y1 = _screen(pose)
        rim = round(0.1 * pose.size)
        picture[y0 - rim : y1 + rim, x0 - rim : x1 + rim] = 12
        picture[y0:y1, x0:x1] = shown[y0:y1, x0:x1]
        return self._noisy(picture, t)

    def infrared_phone(self, t: float) -> Image:
        """The phone in the infrared: a dark plate."""
        pose = self._beside(self.poses(t))
        picture = self._dim.copy()
        x0, y0, x1, y1 = _screen(pose)
        rim = round(0.1 * pose.size)
        picture[y0 - rim : y1 + rim, x0 - rim : x1 + rim] = 10
        return self._as_infrared(picture, t)

    def nobody(self, t: float) -> Image:
        return self._as_infrared(self._dim.copy(), t)

    def _as_infrared(self, picture: Image, t: float) -> Image:
        small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        return self._noisy(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB).astype(np.uint8), t)

    def _noisy(self, picture: Image, t: float) -> Image:
        """With a piece of the noise, another at each moment."""
        y, x = np.random.default_rng(round(1000 * t)).integers(0, SLACK, 2)
        height, width = picture.shape[:2]
        noise = np.ascontiguousarray(self._noise[y : y + height, x : x + width])
        return cv2.addWeighted(picture, 1.0, noise, 1.0, -4.0).astype(np.uint8)

    def _lit(self, lamp: float) -> tuple[Cutout, ...]:
        return tuple(replace(one, sprite=_under(one.sprite, lamp)) for one in self._cast)

    def _beside(self, pose: Stance) -> Stance:
        x = 640 + MAGNIFIED * (pose.x + ASIDE[0] - 640)
        y = 360 + MAGNIFIED * (pose.y + ASIDE[1] - 360)
        return replace(pose, size=MAGNIFIED * pose.size, x=x, y=y)


def _under(sprite: Image, lamp: float) -> Image:
    lit = np.clip(sprite.astype(np.float32) * lamp, 0, 255).astype(np.uint8)
    lit[..., 3] = sprite[..., 3]
    # Colours are multiplied by alpha already, and can be no brighter than that.
    lit[..., :3] = np.minimum(lit[..., :3], lit[..., 3:])
    return lit


def _screen(pose: Stance) -> tuple[int, int, int, int]:
    half, up, down = 0.75 * pose.size, 0.7 * pose.size, 1.1 * pose.size
    return round(pose.x - half), round(pose.y - up), round(pose.x + half), round(pose.y + down)
