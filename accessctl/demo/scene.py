"""The demo's camera: room, person, motion, light and sensor noise, rendered at any moment.

The room is a hall, and through its door a brighter one behind. A stranger looks into the camera,
then somebody enrolled, and a photograph of them is held up at last.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.camera.source import Shot
from accessctl.demo.people import COLLINS, HOPPER, Cutout, collins, cutouts, hopper, turned
from accessctl.demo.script import ACTS, Act, Performer, Stance, act_at, gain_at, length_of, pose_at
from accessctl.demo.sheet import lay_sheet, print_picture, sheet_at
from accessctl.domain import Image

NOISE_SIGMA = 3.0
NOISE_MIDDLE = 128
NOISE_SLACK = 96
TICKS_PER_S = 1000
WIDTH, HEIGHT = 1280, 720
# Left, top, right and bottom of the doorway: 0.9 m wide where a face is 60 px wide.
DOORWAY = (470, 96, 810, HEIGHT)

_WALL = (176, 168, 154)
_FRAME = (214, 208, 198)
_FRAME_SHADE = (150, 142, 132)
_FAR_WALL = (150, 162, 166)
_FLOOR = (122, 96, 72)


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
        return self._exposed(picture, t, gain_at(t, self._acts))

    def sitting(self, stance: Stance, t: float) -> Image:
        """RGB uint8 (720, 1280, 3) with the stranger alone, who stands as `stance` says; `t`
        seconds are those of the noise."""
        picture = self._room.copy()
        place(picture, self._cast[Performer.STRANGER], stance)
        return self._exposed(picture, t, 1.0)

    def _exposed(self, picture: Image, t: float, gain: float) -> Image:
        exposed: Image = cv2.addWeighted(
            picture, gain, self._noise_at(t), 1.0, -NOISE_MIDDLE, dtype=cv2.CV_8U
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


def empty_room(seed: int) -> Image:
    """RGB uint8 (720, 1280, 3); `seed` moves the grain of the plaster and nothing else."""
    random = np.random.default_rng(seed)
    picture = _gradient(HEIGHT, WIDTH, _WALL, top=1.04, bottom=0.72)
    picture *= 1 + _plaster(random)
    _paint_next_room(picture)
    _paint_frame(picture)
    _paint_fittings(picture)
    picture *= _light()
    return np.clip(picture, 0, 255).astype(np.uint8)


def _gradient(
    height: int, width: int, colour: tuple[int, int, int], top: float, bottom: float
) -> NDArray[np.float32]:
    ramp = np.linspace(top, bottom, height, dtype=np.float32)[:, None, None]
    return np.ones((height, width, 1), np.float32) * ramp * np.asarray(colour, np.float32)


def _plaster(random: np.random.Generator) -> NDArray[np.float32]:
    grain = random.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    coarse = cv2.GaussianBlur(grain[::8, ::8], (0, 0), 3)
    coarse = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(grain, (0, 0), 1.2)
    texture = 0.018 * coarse / coarse.std() + 0.012 * fine / fine.std()
    return np.asarray(texture, np.float32)[:, :, None]


def _paint_next_room(picture: NDArray[np.float32]) -> None:
    left, top, right, bottom = DOORWAY
    room = picture[top:bottom, left:right]
    height, width = room.shape[:2]
    room[:] = _gradient(height, width, _FAR_WALL, top=1.12, bottom=0.86)
    # A window with its sill, out of focus, on the far wall.
    _box(room, (228, 40, 316, 190), (214, 226, 236))
    _box(room, (269, 40, 275, 190), (168, 176, 182))
    _box(room, (220, 190, 324, 200), (186, 188, 186))
    floor_top = 424
    room[floor_top:] = _gradient(height - floor_top, width, _FLOOR, top=0.84, bottom=1.16)
    for x in range(-900, 1300, 110):
        start, end = (170 + (x - 170) // 3, floor_top), (x, height)
        cv2.line(room, start, end, (96, 74, 54), 2, cv2.LINE_AA)
    _box(room, (0, floor_top - 16, width, floor_top), (196, 194, 188))
    room[:] = cv2.GaussianBlur(room, (0, 0), 2.2)
    room *= np.linspace(0.80, 1.0, width, dtype=np.float32)[None, :, None]


def _paint_frame(picture: NDArray[np.float32]) -> None:
    left, top, right, bottom = DOORWAY
    trim = 34
    for x0, x1 in ((left - trim, left), (right, right + trim)):
        _box(picture, (x0, top - trim, x1, bottom), _FRAME)
    _box(picture, (left - trim, top - trim, right + trim, top), _FRAME)
    for x in (left - trim, left - 6, right, right + trim - 3):
        _box(picture, (x, top - 3, x + 4, bottom), _FRAME_SHADE)
    _box(picture, (left - trim, top - trim, right + trim, top - trim + 3), _FRAME_SHADE)
    _box(picture, (left - 6, top - 6, right + 4, top), _FRAME_SHADE)


def _paint_fittings(picture: NDArray[np.float32]) -> None:
    # A light switch, a notice board, and the shadow each of them casts.
    for x0, y0, x1, y1, colour in (
        (904, 372, 942, 428, (226, 222, 214)),
        (140, 150, 356, 318, (132, 104, 78)),
    ):
        _box(picture, (x0 + 5, y0 + 6, x1 + 5, y1 + 6), (128, 121, 110))
        _box(picture, (x0, y0, x1, y1), colour)
    _box(picture, (914, 384, 932, 416), (206, 201, 192))
    _box(picture, (152, 162, 344, 306), (178, 150, 114))
    for x0, y0, x1, y1, colour in (
        (166, 176, 232, 262, (224, 220, 208)),
        (244, 182, 330, 236, (206, 214, 200)),
        (250, 248, 300, 296, (222, 208, 176)),
    ):
        _box(picture, (x0, y0, x1, y1), colour)
        for y in range(y0 + 14, y1 - 8, 11):
            _box(picture, (x0 + 8, y, x1 - 12, y + 2), (150, 148, 142))


def _light() -> NDArray[np.float32]:
    """A lamp above the door; the corners lie in its shade, as behind a wide lens."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    away = ((x - 640) / 900) ** 2 + ((y - 240) / 700) ** 2
    light = 1.08 - 0.42 * np.minimum(away, 1.2)
    return np.asarray(light, np.float32)[:, :, None]


def _box(
    picture: NDArray[np.float32], box: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    x0, y0, x1, y1 = box
    picture[y0:y1, x0:x1] = colour
