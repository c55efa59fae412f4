"""The demo's camera: room, person, motion, light and sensor noise, rendered at any moment.

A stranger looks into it, then somebody enrolled, and a photograph of them is held up at last.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.camera.source import Shot
from accessctl.demo.people import (
    COLLINS,
    HOPPER,
    Cutout,
    collins,
    cutouts,
    hopper,
    turned,
)
from accessctl.demo.room import DOORWAY, HEIGHT, WIDTH, empty_room
from accessctl.demo.script import ACTS, Act, Performer, Stance, act_at, gain_at, length_of, pose_at
from accessctl.demo.sheet import lay_sheet, print_picture, sheet_at
from accessctl.domain import Image

NOISE_SIGMA = 3.0
NOISE_MIDDLE = 128
NOISE_SLACK = 96
TICKS_PER_S = 1000


class Scene:
    """Everything that does not change from frame to frame, made once (a fifth of a second)."""

    def __init__(self, seed: int, acts: tuple[Act, ...] = ACTS) -> None:
        self._seed = seed
        self._acts = acts
        self._room = empty_room(seed)
        self._cast = {
            Performer.STRANGER: cutouts(hopper(), HOPPER),
            Performer.ENROLLED: cutouts(collins(), COLLINS),
        }
        self._print = print_picture()
        shape = (HEIGHT + NOISE_SLACK, WIDTH + NOISE_SLACK, 3)
        noise = np.random.default_rng(seed).normal(NOISE_MIDDLE, NOISE_SIGMA, shape)
        self._noise = np.clip(np.rint(noise), 0, 255).astype(np.uint8)

    def render(self, t: float) -> Image:
        """RGB uint8 (720, 1280, 3) at `t` seconds; the same for the same `t` and seed."""
        picture = self._room.copy()
        act = act_at(t, self._acts)
        if act is not None and act.performer is Performer.PRINT:
            lay_sheet(picture, self._print, sheet_at(t - act.start))
        elif act is not None:
            place(picture, self._cast[act.performer], pose_at(t - act.start))
        noise = self._noise_at(t)
        exposed: Image = cv2.addWeighted(
            picture, gain_at(t, self._acts), noise, 1.0, -NOISE_MIDDLE, dtype=cv2.CV_8U
        ).astype(np.uint8, copy=False)
        return exposed

    def _noise_at(self, t: float) -> Image:
        """A window of the noise sheet, elsewhere at each moment."""
        random = np.random.default_rng((self._seed, max(0, round(t * TICKS_PER_S))))
        y, x = (int(value) for value in random.integers(0, NOISE_SLACK, 2))
        return self._noise[y : y + HEIGHT, x : x + WIDTH]


def place(picture: Image, sizes: tuple[Cutout, ...], pose: Stance) -> None:
    """Lay a person into `picture` (changed in place) as `pose` says."""
    cutout = min(sizes, key=lambda one: (one.size < pose.size, one.size))
    scale = pose.size / cutout.size
    left, top = pose.x - cutout.eyes[0] * scale, pose.y - cutout.eyes[1] * scale
    smear = round(pose.smear)
    height, width = cutout.sprite.shape[:2]
    limits = (DOORWAY[0], DOORWAY[2]) if pose.behind_door else (0, WIDTH)
    x0 = max(limits[0], int(left) - smear)
    x1 = min(limits[1], int(left + width * scale) + smear + 1)
    y0, y1 = max(0, int(top)), min(HEIGHT, int(top + height * scale))
    if x1 <= x0 or y1 <= y0:
        return
    into = np.array([[scale, 0, left - x0], [0, scale, top - y0]], np.float32)
    rows = int((y1 - top) / scale) + 2
    layer = cv2.warpAffine(turned(cutout, pose.yaw, rows), into, (x1 - x0, y1 - y0))
    if smear > 1:
        layer = cv2.blur(layer, (smear, 1))
    _blend(picture[y0:y1, x0:x1], layer.astype(np.uint8, copy=False))


def _blend(below: Image, layer: NDArray[np.uint8]) -> None:
    """Lay premultiplied RGBA over `below`, in place."""
    red, green, blue, alpha = cv2.split(layer)
    clear = cv2.bitwise_not(alpha)
    shone = cv2.multiply(below, cv2.merge((clear, clear, clear)), scale=1 / 255)
    cv2.add(shone, cv2.merge((red, green, blue)), dst=below)


@cache
def _scene(seed: int) -> Scene:
    return Scene(seed)


def scene(t: float, seed: int = 0) -> Image:
    """The demo at `t` seconds, RGB uint8 (720, 1280, 3); pure."""
    return _scene(seed).render(t)


class DemoFeed:
    def __init__(self, scene: Scene, fps: float, length_s: float) -> None:
        self._scene = scene
        self._length_s = length_s
        self._fps = fps
        self._index = 0

    def read(self) -> Shot | None:
        media = self._index / self._fps
        if media >= self._length_s:
            return None
        self._index += 1
        return Shot(self._scene.render(media), media)

    def close(self) -> None:
        self._index = 0


@dataclass(frozen=True, slots=True)
class DemoSource:
    """1280x720 at `fps`, in real time or `fast`, every frame as soon as it is wanted.

    The same `seed` gives the same frames.
    """

    fps: float
    fast: bool = False
    seed: int = 0
    endless: bool = False
    description: str = "the demo"
    acts: tuple[Act, ...] = ACTS

    @property
    def live(self) -> bool:
        return not self.fast

    def open(self) -> DemoFeed:
        return DemoFeed(Scene(self.seed, self.acts), self.fps, length_of(self.acts))
