"""The demo's two people, cut out of public-domain photographs and laid into a picture at any size.

`grace_hopper.jpg` is of Grace Hopper (United States Navy), `astronaut.png` of Eileen Collins
(NASA). All coordinates of a figure are pixels of its photograph. The photographs stop at the
chest, a door camera does not: `clothes` continue them down to the knees, behind the photograph.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.bundled import asset
from accessctl.domain import Image
from accessctl.errors import CameraError

_HOPPER_FILE = "grace_hopper.jpg"
_COLLINS_FILE = "astronaut.png"

# Left, top, right, bottom: head and shoulders, as somebody would hand in to be enrolled.
COLLINS_PORTRAIT = (20, 0, 430, 400)

Outline: TypeAlias = tuple[tuple[int, int], ...]
Colour: TypeAlias = tuple[int, int, int]

_NAVY = (19, 18, 25)
_NAVY_DARK = (15, 14, 20)
_SKIN = (186, 136, 112)

_ORANGE = (192, 86, 54)
_ORANGE_DARK = (170, 74, 46)
_BLACK = (11, 11, 13)
_GLOVE = (44, 34, 58)

# Face widths of the ready-made sizes: shrinking by at most half keeps bilinear sampling clean.
SIZES = (240.0, 120.0, 60.0)
MARGIN = 24
FEATHER = 1.6
FADE_ROWS = 40
FOLDS = 0.08
TURN_DEPTH = 0.8
# How far below the eyes the nose is, its height and its half axes, in face widths.
NOSE_DOWN, NOSE_RISE, NOSE_AXES = 0.34, 0.36, (0.13, 0.24)


def photograph(name: str) -> Image:
    """RGB uint8 (H, W, 3), of the package's assets; raises CameraError when it is not there."""
    picture = cv2.imread(str(asset(name)), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise CameraError(
            f"The demo needs {asset(name)}, which comes with accessctl; install it again, or "
            "name another source with --source."
        )
    return picture.astype(np.uint8, copy=False)


def hopper() -> Image:
    return photograph(_HOPPER_FILE)


def collins() -> Image:
    return photograph(_COLLINS_FILE)


def demo_enrolment_photo() -> Image:
    """Eileen Collins, RGB uint8 (400, 410, 3): the one person the demo's door knows."""
    left, top, right, bottom = COLLINS_PORTRAIT
    return collins()[top:bottom, left:right].copy()


@dataclass(frozen=True, slots=True)
class Figure:
    """A person to cut out.

    `face_px` is the width of the face, `eyes` the point between them, `head` the centre and
    the half axes of the head, `clothes` outlines with their RGB colours, back to front,
    `height` how far down they reach.
    """

    face_px: float
    eyes: tuple[float, float]
    head: tuple[float, float, float, float]
    outline: Outline
    clothes: tuple[tuple[Colour, Outline], ...]
    height: int


HOPPER = Figure(
    face_px=180,
    eyes=(258, 187),
    head=(258, 205, 118, 165),
    outline=(
        *((201, 47), (182, 63), (177, 71), (175, 84), (158, 97), (153, 106), (150, 130)),
        *((149, 181), (157, 184), (153, 198), (153, 210), (155, 218), (161, 228), (170, 261)),
        *((177, 272), (175, 286), (188, 293), (198, 300), (203, 316), (186, 331), (165, 344)),
        *((130, 355), (98, 363), (79, 369), (63, 379), (51, 386), (40, 404), (34, 426)),
        *((28, 440), (25, 479), (17, 527), (15, 569), (11, 599), (511, 599), (511, 437)),
        *((506, 434), (486, 392), (480, 386), (463, 377), (419, 365), (361, 340), (338, 322)),
        *((329, 312), (330, 299), (336, 286), (343, 281), (349, 271), (361, 260), (367, 235)),
        *((370, 207), (375, 194), (373, 187), (368, 182), (371, 136), (369, 104), (365, 90)),
        *((352, 85), (345, 67), (329, 52), (308, 43), (292, 45), (275, 34), (264, 36)),
        *((254, 34), (245, 34), (227, 46), (211, 43)),
    ),
    clothes=(
        (_SKIN, ((14, 960), (64, 960), (66, 1040), (50, 1075), (24, 1070), (12, 1030))),
        (_SKIN, ((462, 960), (514, 960), (514, 1030), (500, 1072), (476, 1072), (462, 1040))),
        (
            _NAVY_DARK,
            ((86, 960), (440, 960), (432, 1300), (424, 1500), (420, 1500), (104, 1500), (94, 1300)),
        ),
        (
            _NAVY,
            (
                *((15, 560), (6, 700), (2, 850), (8, 985), (66, 985), (84, 820), (92, 700)),
                *((84, 1010), (262, 1022), (442, 1010), (434, 700), (442, 820), (458, 985)),
                *((520, 985), (530, 850), (530, 700), (528, 560), (520, 480), (506, 434)),
                *((440, 420), (80, 420)),
            ),
        ),
    ),
    height=1500,
)


COLLINS = Figure(
    face_px=95,
    eyes=(224, 102),
    head=(227, 95, 74, 88),
    outline=(
        *((200, 24), (188, 36), (173, 44), (161, 53), (156, 59), (153, 69), (154, 91)),
        *((157, 103), (170, 117), (173, 126), (180, 133), (181, 146), (154, 151), (138, 160)),
        *((132, 166), (121, 184), (122, 200), (114, 203), (90, 227), (77, 235), (67, 244)),
        *((61, 252), (54, 267), (44, 283), (40, 295), (35, 315), (26, 343), (26, 367)),
        *((19, 391), (20, 418), (24, 431), (23, 459), (26, 483), (28, 494), (24, 511)),
        *((498, 511), (496, 475), (490, 452), (483, 428), (472, 407), (453, 384), (428, 363)),
        *((408, 349), (394, 344), (382, 345), (365, 347), (360, 330), (356, 303), (346, 279)),
        *((340, 263), (332, 254), (320, 244), (303, 233), (299, 220), (291, 206), (281, 194)),
        *((266, 182), (256, 174), (257, 160), (262, 146), (266, 137), (274, 134), (289, 118)),
        *((296, 104), (300, 91), (299, 73), (296, 60), (287, 42), (275, 31), (247, 18), (228, 16)),
    ),
    clothes=(
        (
            _ORANGE_DARK,
            (
                *((70, 560), (330, 560), (326, 660), (316, 760), (214, 760), (204, 640)),
                *((194, 760), (84, 760), (74, 660)),
            ),
        ),
        (_ORANGE, ((22, 490), (36, 560), (66, 650), (334, 650), (352, 480), (200, 460))),
        (
            _BLACK,
            (
                *((280, 440), (284, 480), (298, 516), (322, 544), (356, 560), (392, 564)),
                *((430, 556), (462, 538), (486, 512), (496, 480), (490, 440)),
            ),
        ),
        (_GLOVE, ((108, 500), (172, 500), (176, 520), (164, 538), (138, 544), (118, 530))),
    ),
    height=760,
)


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """One size of a person.

    `sprite` is RGBA uint8, colours already multiplied by alpha; `eyes` the point between
    the eyes in it; `size` the width of the face. `head` (x0, y0, x1, y1) bounds the part that
    turns, `rise` float32 says how far each of its pixels stands out, in pixels.
    """

    sprite: NDArray[np.uint8]
    eyes: tuple[float, float]
    size: float
    head: tuple[int, int, int, int]
    rise: NDArray[np.float32]


def cutouts(photo: Image, figure: Figure) -> tuple[Cutout, ...]:
    """The person in each of SIZES, largest first; `photo` is RGB uint8 (H, W, 3)."""
    whole = _premultiplied(photo, figure)
    return tuple(_at_size(whole, figure, size) for size in SIZES)


def turned(cutout: Cutout, yaw: float, rows: int) -> NDArray[np.uint8]:
    """The upper `rows` of the sprite, the head turned by `yaw` degrees about its vertical axis.

    Unlike a photograph that is turned, what stands out (the nose) moves further than what
    lies back (the ears): each pixel is taken from where the rotation brings it from,
    x - z sin(yaw).
    """
    shift = float(np.sin(np.radians(yaw)))
    if abs(shift) < 0.01:
        return cutout.sprite[:rows]
    x0, y0, x1, y1 = cutout.head
    columns = np.arange(x1 - x0, dtype=np.float32)[None, :] - shift * cutout.rise
    lines = np.arange(y1 - y0, dtype=np.float32)[:, None] + np.zeros_like(columns)
    sprite = cutout.sprite[: max(rows, y1)].copy()
    head = cutout.sprite[y0:y1, x0:x1]
    sprite[y0:y1, x0:x1] = cv2.remap(head, columns, lines, cv2.INTER_LINEAR)
    return sprite


def _premultiplied(photo: Image, figure: Figure) -> NDArray[np.uint8]:
    """Clothes and photograph in one RGBA picture of the photograph's scale, with a margin."""
    height, width = figure.height, photo.shape[1] + 2 * MARGIN
    colour = np.zeros((height, width, 3), np.float32)
    alpha = np.zeros((height, width, 1), np.float32)
    folds = _folds(height, width)
    for shade, outline in figure.clothes:
        mask = _mask(outline, height, width, feather=3.0)
        colour = colour * (1 - mask) + np.asarray(shade, np.float32) * folds * mask
        alpha = alpha * (1 - mask) + mask
    rows = min(height, photo.shape[0])
    flat = np.zeros_like(colour)
    flat[:rows] = cv2.copyMakeBorder(photo[:rows], 0, 0, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    mask = _mask(figure.outline, height, width, FEATHER)
    mask[rows:] = 0
    # The photograph fades into the painted clothes where it ends.
    fade = FADE_ROWS
    mask[rows - fade : rows] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None, None]
    colour = colour * (1 - mask) + flat * mask
    alpha = alpha * (1 - mask) + mask
    joined: NDArray[np.float32] = np.concatenate([colour, alpha * 255], axis=2)
    return np.clip(joined, 0, 255).astype(np.uint8)


def _mask(
    outline: tuple[tuple[int, int], ...], height: int, width: int, feather: float
) -> NDArray[np.float32]:
    mask = np.zeros((height, width), np.uint8)
    points = np.array([(x + MARGIN, y) for x, y in outline], np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), feather)
    return np.asarray(soft, np.float32)[:, :, None] / np.float32(255)


def _folds(height: int, width: int) -> NDArray[np.float32]:
    """Brightness of plain cloth with long vertical folds, (H, W, 1) about 1."""
    grain = np.random.default_rng(7).normal(0, 1, (height // 4, width // 4)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 2.5, sigmaY=15)
    soft = cv2.resize(soft / soft.std(), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(1 + FOLDS * soft, np.float32)[:, :, None]


def _at_size(whole: NDArray[np.uint8], figure: Figure, size: float) -> Cutout:
    scale = size / figure.face_px
    shape = (round(whole.shape[1] * scale), round(whole.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sprite: NDArray[np.uint8] = cv2.resize(whole, shape, interpolation=way).astype(np.uint8)
    eyes = ((figure.eyes[0] + MARGIN) * scale, figure.eyes[1] * scale)
    centre_x, centre_y, half_w, half_h = (value * scale for value in figure.head)
    centre_x += MARGIN * scale
    x0, x1 = max(0, int(centre_x - half_w)), min(shape[0], int(centre_x + half_w) + 1)
    y0, y1 = max(0, int(centre_y - half_h)), min(shape[1], int(centre_y + half_h) + 1)
    across = (np.arange(x0, x1, dtype=np.float32)[None, :] - centre_x) / half_w
    along = (np.arange(y0, y1, dtype=np.float32)[:, None] - centre_y) / half_h
    rise = TURN_DEPTH * half_w * np.clip(1 - across**2 - along**2, 0, 1)
    rise += _nose(eyes, size, (x0, y0, x1, y1))
    return Cutout(sprite, eyes, size, (x0, y0, x1, y1), rise.astype(np.float32))


def _nose(
    eyes: tuple[float, float], size: float, head: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """How far the nose stands out from a round head."""
    x0, y0, x1, y1 = head
    across = (np.arange(x0, x1, dtype=np.float32)[None, :] - eyes[0]) / (NOSE_AXES[0] * size)
    along = np.arange(y0, y1, dtype=np.float32)[:, None] - eyes[1] - NOSE_DOWN * size
    along /= NOSE_AXES[1] * size
    return np.asarray(NOSE_RISE * size * np.exp(-(across**2) - along**2), np.float32)
