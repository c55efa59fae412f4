"""The empty room of the demo: a hall, and through its door a brighter one behind."""

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

WIDTH, HEIGHT = 1280, 720
# Left, top, right and bottom of the doorway: 0.9 m wide where a face is 60 px wide.
DOORWAY = (470, 96, 810, HEIGHT)

_WALL = (176, 168, 154)
_FRAME = (214, 208, 198)
_FRAME_SHADE = (150, 142, 132)
_FAR_WALL = (150, 162, 166)
_FLOOR = (122, 96, 72)


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
