"""What is drawn from a photograph for a measurement: it moved and bent, a head turned, things worn.

`moved_photo` is the photograph as a flat sheet, moved about in front of a virtual pinhole camera;
`bent_photo` the same bent about an upright axis, as round a tin. `turned_head` is their live
counterpart: the same face as a solid head that turns.

`mask`, `sunglasses` and `hat` are drawn onto a photograph from the mesh found in it. Training
draws its own from the template's five points; these follow the outline of the face instead, so
that an encoder is not measured on the very drawings it was trained with. Cloth keeps the light of
the face below it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.demo.sheet import Sheet, lay_sheet
from accessctl.domain import Frame, Image, Points

HEAD_REACH = (0.68, 0.85)
"""Half axes of the head's outline in widths and heights of the mesh."""

SETTLE = 8
"""Rounds in which the pixel that a turn brings to a place is found."""

STEEPEST = 0.95
"""How far round the sheet is seen, as a share of the radius: beyond, it is nearly edge on."""

# Points of MediaPipe's face mesh; "left" as seen in the picture.
CHIN, FOREHEAD, BETWEEN_BROWS = 152, 10, 9

LEFT_CHEEK, RIGHT_CHEEK = 234, 454

LEFT_TEMPLE, RIGHT_TEMPLE = 127, 356

LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)

# From the left ear along the jaw to the right one, then back over cheeks and nose bridge.
MASK_OUTLINE = (
    *(93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288),
    *(361, 323, 280, 195, 50),
)

CLOTHS = ((235, 238, 240), (150, 190, 220), (30, 32, 36), (60, 110, 90), (140, 40, 50))
"""White, surgical blue, black, green, red."""

BEYOND = 1.05
"""Cloth stands off the jaw by so much, from the outline's middle."""

OUTLINE = 32

Polygon = NDArray[np.floating]


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


def bent_photo(
    photo: Image,
    middle: tuple[float, float],
    radius: float,
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
    """As `moved_photo`, with the sheet bent as `bend` says; `rest` places `middle`."""
    relief = bend(photo, middle, radius)
    random = np.random.default_rng(seed)
    for index in range(frames):
        picture = lay_relief(backdrop, relief, hand.at(index / fps, rest))
        yield Frame(as_seen(picture, random, blur, noise), index / fps, index)


def turned_head(
    photo: Image,
    landmarks: Points,
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
    """As `moved_photo`, with the head of `photo` cut out and solid (orthographic).

    `rest.width` is the width that the whole photo would have.
    """
    random = np.random.default_rng(seed)
    places = (hand.at(index / fps, rest) for index in range(frames))
    for index, picture in enumerate(head_pictures(photo, landmarks, backdrop, places)):
        yield Frame(as_seen(picture, random, blur, noise), index / fps, index)


def head_pictures(
    photo: Image, landmarks: Points, backdrop: Image, places: Iterable[Sheet]
) -> Iterator[Image]:
    """The head of `turned_head` at each of `places`, before any lens and sensor."""
    rise = depth_map((photo.shape[0], photo.shape[1]), landmarks)
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    middle = (low + high) / 2
    mask = np.zeros(photo.shape[:2], np.uint8)
    axes = (high - low) * HEAD_REACH
    cv2.ellipse(
        mask, (int(middle[0]), int(middle[1])), (int(axes[0]), int(axes[1])), 0, 0, 360, 255, -1
    )
    relief = Relief(photo, rise, mask, middle)
    for at in places:
        yield lay_relief(backdrop, relief, at)


def mask(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    """A face mask from the bridge of the nose to below the chin, from cheek to cheek."""
    outline = mesh[list(MASK_OUTLINE), :2]
    middle = outline.mean(axis=0)
    return _clothed(photo, [middle + BEYOND * (outline - middle)], _cloth(draw))


def sunglasses(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    """Two dark lenses, the bridge between them and the temples' arms."""
    left, right = (mesh[list(corners), :2].mean(axis=0) for corners in (LEFT_EYE, RIGHT_EYE))
    across = right - left
    down = np.array([-across[1], across[0]])
    wide, high = draw.uniform(0.36, 0.44), draw.uniform(0.26, 0.34)
    lenses = [_ellipse(eye + 0.06 * down, wide * across, high * down) for eye in (left, right)]
    ends = mesh[LEFT_TEMPLE, :2], mesh[RIGHT_TEMPLE, :2]
    thick = 0.05 * down
    bars = [(ends[0], left), (left, right), (right, ends[1])]
    frame = [np.stack([a - thick, b - thick, b + thick, a + thick]) for a, b in bars]
    shade = tuple(int(v) for v in draw.integers(5, 45, 3))
    return _painted(photo, [*lenses, *frame], shade)


def hat(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    """A woollen hat, pulled down to between hairline and brows."""
    brows, forehead = mesh[BETWEEN_BROWS, :2], mesh[FOREHEAD, :2]
    across = (mesh[RIGHT_CHEEK, :2] - mesh[LEFT_CHEEK, :2]) * 0.58
    up = forehead - mesh[CHIN, :2]
    brim = brows + draw.uniform(0.3, 0.6) * (forehead - brows)
    crown = _ellipse(brim, across, 0.62 * up)[: OUTLINE // 2 + 1]
    # The brim bends down a little to the sides, as it does around a head.
    sides = [crown[-1] - 0.06 * up, crown[0] - 0.06 * up]
    return _clothed(photo, [np.concatenate([crown, sides])], _cloth(draw))


def as_seen(picture: Image, random: np.random.Generator, blur: float, noise: float) -> Image:
    """`picture` through a lens of that `blur` and a sensor of that `noise`."""
    soft = cv2.GaussianBlur(picture, (0, 0), blur) if blur > 0 else picture
    if noise <= 0:
        return soft.astype(np.uint8)
    levels = random.normal(0, noise, soft.shape)
    levels += soft
    np.rint(levels, out=levels)
    return np.clip(levels, 0, 255, out=levels).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Something solid: `photo` uint8 (H, W, 3) is how it looks from the front, `rise` float32
    (H, W) how far each pixel stands out, in its pixels, `mask` uint8 (H, W) where it is at all,
    and `middle` (x, y) what it turns about."""

    photo: Image
    rise: NDArray[np.float32]
    mask: NDArray[np.uint8]
    middle: NDArray[np.floating]


def bend(photo: Image, middle: tuple[float, float], radius: float) -> Relief:
    """`photo` round a cylinder of `radius` pixels of it, whose nearest line goes through `middle`
    (x, y); as seen from the front, where an arc of the sheet shows as its sine."""
    height, width = photo.shape[:2]
    x = np.arange(width, dtype=np.float64) - middle[0]
    share = np.clip(x / radius, -STEEPEST, STEEPEST)
    source = np.tile((radius * np.arcsin(share) + middle[0]).astype(np.float32), (height, 1))
    lines = np.tile(np.arange(height, dtype=np.float32)[:, None], (1, width))
    there = (np.abs(x) < STEEPEST * radius) & (source[0] > -0.5) & (source[0] < width - 0.5)
    rise = np.tile((radius * np.sqrt(1 - share**2)).astype(np.float32), (height, 1))
    return Relief(
        photo=cv2.remap(photo, source, lines, cv2.INTER_LINEAR).astype(np.uint8),
        rise=np.maximum(rise - rise[:, there].min(), 0),
        mask=np.tile(np.where(there, 255, 0).astype(np.uint8), (height, 1)),
        middle=np.array(middle, np.float64),
    )


def depth_map(shape: tuple[int, int], landmarks: Points) -> NDArray[np.float32]:
    """How far each pixel (H, W) of a photo stands out towards the camera, in its pixels.

    Interpolated from the mesh (468, 3) inside it; beyond, the head falls away to the
    depth of the mesh's outermost points.
    """
    from scipy.interpolate import LinearNDInterpolator

    height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    back = float(np.percentile(landmarks[:, 2], 97))
    rise = LinearNDInterpolator(landmarks[:, :2].astype(np.float64), back - landmarks[:, 2], 0.0)
    field = np.asarray(rise(x, y), np.float32)
    spread = float(np.ptp(landmarks[:, 0])) * 0.03
    return np.asarray(cv2.GaussianBlur(np.maximum(field, 0), (0, 0), spread), np.float32)


def lay_relief(backdrop: Image, relief: Relief, at: Sheet) -> Image:
    """A picture of `relief` before `backdrop`, turned and placed as `at` says (orthographic)."""
    window = _seen_within(backdrop.shape, relief, at)
    picture = backdrop.copy()
    columns, lines = _sources(window, relief, at)
    if not columns.size:
        return picture
    layer = cv2.remap(relief.photo, columns, lines, cv2.INTER_LINEAR)
    cover = cv2.remap(relief.mask, columns, lines, cv2.INTER_LINEAR)[:, :, None].astype(np.uint16)
    mixed = (layer.astype(np.uint16) * cover + backdrop[window] * (255 - cover) + 127) // 255
    picture[window] = mixed
    return picture


def _seen_within(shape: tuple[int, ...], relief: Relief, at: Sheet) -> tuple[slice, slice]:
    """Lines and columns of a picture (H, W, ...) outside which nothing of `relief` can be seen."""
    there = cv2.boundingRect(relief.mask)
    scale = at.width / relief.photo.shape[1]
    yaw, pitch, roll = np.radians([at.yaw, at.pitch, at.roll])
    # A pixel aside of the last one it still shows a part of that.
    edges = np.array([[there[0] - 1, there[0] + there[2]], [there[1] - 1, there[1] + there[3]]])
    heights = np.array([min(float(relief.rise.min()), 0.0), float(relief.rise.max())])
    flat = (edges - relief.middle[:, None]) * np.cos([[yaw], [pitch]])
    moved = flat[:, :, None] + heights * np.array([np.sin(yaw), -np.sin(pitch)])[:, None, None]
    u, v = (corners.reshape(-1) for corners in np.meshgrid(moved[0], moved[1]))
    x = (np.cos(roll) * u - np.sin(roll) * v) * scale + at.x
    y = (np.sin(roll) * u + np.cos(roll) * v) * scale + at.y
    return _between(y, shape[0]), _between(x, shape[1])


def _between(places: NDArray[np.floating], end: int) -> slice:
    first, last = math.floor(places.min()) - 1, math.ceil(places.max()) + 2
    return slice(min(max(first, 0), end), min(max(last, 0), end))


def _sources(
    window: tuple[slice, slice], relief: Relief, at: Sheet
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Which pixel of the photo each pixel of that part of the picture shows."""
    scale = at.width / relief.photo.shape[1]
    yaw, pitch, roll = np.radians([at.yaw, at.pitch, at.roll])
    y, x = np.mgrid[window].astype(np.float32)
    across, along = (x - at.x) / scale, (y - at.y) / scale
    u = np.cos(roll) * across + np.sin(roll) * along
    v = -np.sin(roll) * across + np.cos(roll) * along
    columns, lines = u + relief.middle[0], v + relief.middle[1]
    # What stands out moves further: x' = x cos(yaw) + z sin(yaw), solved for x by iteration.
    for _ in range(SETTLE if columns.size else 0):
        z = cv2.remap(
            relief.rise, columns.astype(np.float32), lines.astype(np.float32), cv2.INTER_LINEAR
        )
        columns = (u - z * np.sin(yaw)) / np.cos(yaw) + relief.middle[0]
        lines = (v + z * np.sin(pitch)) / np.cos(pitch) + relief.middle[1]
    return columns.astype(np.float32), lines.astype(np.float32)


def _ellipse(middle: Polygon, across: Polygon, down: Polygon) -> Polygon:
    """Points (OUTLINE, 2) from the end of `across` towards that of `down`."""
    angles = np.linspace(0, 2 * np.pi, OUTLINE, endpoint=False)[:, None]
    return middle + np.cos(angles) * across + np.sin(angles) * down


def _cloth(draw: np.random.Generator) -> tuple[int, ...]:
    return CLOTHS[int(draw.integers(len(CLOTHS)))]


def _painted(photo: Image, outlines: list[Polygon], colour: tuple[int, ...]) -> Image:
    painted = photo.copy()
    for outline in outlines:
        cv2.fillPoly(painted, [_fixed(outline)], colour, lineType=cv2.LINE_AA, shift=4)
    return painted


def _clothed(photo: Image, outlines: list[Polygon], colour: tuple[int, ...]) -> Image:
    """Painted, with the coarse light and shadow of what it hides."""
    cover = _painted(np.zeros_like(photo), outlines, (255, 255, 255)).astype(np.float32) / 255
    if not cover.any():
        return photo.copy()
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    reach = 0.15 * max(float(np.ptp(outline[:, 0])) for outline in outlines)
    light = cv2.GaussianBlur(grey, (0, 0), max(reach, 1.0))
    inside = cover[..., 0] > 0
    shade = light / max(float(light[inside].mean()), 1.0)
    cloth = np.clip(shade, 0.5, 1.5)[..., None] * np.array(colour, np.float32)
    mixed = photo * (1 - cover) + cloth * cover
    worn: Image = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return worn


def _fixed(outline: Polygon) -> NDArray[np.int32]:
    """Pixels in sixteenths, as OpenCV takes outlines that are not on the grid."""
    return np.rint(np.asarray(outline, np.float64) * 16).astype(np.int32)
