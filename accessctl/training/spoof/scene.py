"""A face before the camera, living or shown: the picture as the light reaches the lens.

The living twin and the attack made of it are framed alike: the same size of the face, the
same room around it as far as both have it, the same camera.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image
from accessctl.training.spoof.optics import Medium, Picture
from accessctl.training.spoof.samples import FacePicture

MOST_REACH = 4.4
"""No more face widths of a living face's picture are framed."""

NARROWEST, WIDEST = 42.0, 180.0
MOST_ENLARGED = 1.25
"""Faces are framed so many pixels wide, and hardly larger than they were taken."""

SUPERSAMPLED = 1.4
"""What a medium shows is drawn so many times finer than the camera sees it, so that its dots and
pixels alias as they do before a lens."""

SKINS = ((0.95, 0.78, 0.67), (0.82, 0.6, 0.46), (0.6, 0.4, 0.29), (0.36, 0.23, 0.17))


@dataclass(frozen=True, slots=True)
class Framing:
    """How the face is framed: its width in pixels, and how many face widths of the picture lie
    left of, above, right of and below its middle."""

    width: float
    left: float
    above: float
    right: float
    below: float

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frame in pixels."""
        across, along = self.left + self.right, self.above + self.below
        return max(32, round(self.width * across)), max(32, round(self.width * along))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The light that reaches the lens, and where the face is in it."""

    picture: Picture
    box: Box


def extents(picture: FacePicture) -> tuple[float, float, float, float]:
    """How far a picture reaches left, above, right and below the middle of its face, in widths."""
    height, width = picture.image.shape[:2]
    (x, y), w = picture.box.centre, picture.box.w
    return x / w, y / w, (width - x) / w, (height - y) / w


def draw_framing(picture: FacePicture, rng: np.random.Generator) -> Framing:
    """The living face's framing: all that its picture shows, or less of it."""
    sides = [min(side, MOST_REACH / 2) for side in extents(picture)]
    if rng.random() < 0.5:
        sides = [max(0.62, side * float(rng.uniform(0.35, 1.0))) for side in sides]
    widest = min(WIDEST, max(NARROWEST * 1.2, MOST_ENLARGED * picture.box.w))
    width = float(np.exp(rng.uniform(np.log(NARROWEST), np.log(widest))))
    return Framing(width, *sides)


def living(picture: FacePicture, framing: Framing, rng: np.random.Generator) -> Seen:
    """The person as they stand there, drawn as finely as a medium before the camera sees it:
    otherwise an attack would have been scaled once more than its twin."""
    turn = np.radians(rng.normal(0, 3))
    fine = _fine(framing)
    drawn = _placed(picture, fine, turn)
    size, shrunk = framing.size, np.array([[1 / SUPERSAMPLED, 0, 0], [0, 1 / SUPERSAMPLED, 0]])
    seen = cv2.warpAffine(drawn.picture, shrunk, size, borderMode=cv2.BORDER_REFLECT)
    middle = np.array([framing.left, framing.above]) * framing.width
    height = framing.width * picture.box.h / picture.box.w
    return Seen(np.asarray(seen, np.float32), _box_around(middle, framing.width, height))


def _fine(framing: Framing) -> Framing:
    return replace(framing, width=framing.width * SUPERSAMPLED)


def _linear(image: Image) -> Picture:
    return np.asarray(image, np.float32) / np.float32(255)


def _placed(picture: FacePicture, framing: Framing, turn: float) -> Seen:
    """The picture scaled so that its face lies where it is framed, turned about it by radians."""
    box, scale = picture.box, framing.width / picture.box.w
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    x, y = box.centre
    to = np.array([framing.left, framing.above]) * framing.width
    matrix = np.array(
        [[cos, -sin, to[0] - cos * x + sin * y], [sin, cos, to[1] - sin * x - cos * y]]
    )
    warped = _warp_affine(_linear(picture.image), matrix, framing.size, scale)
    return Seen(warped, _box_around(to, box.w * scale, box.h * scale))


def _warp_affine(
    image: Picture, matrix: NDArray[np.float64], size: tuple[int, int], scale: float
) -> Picture:
    if scale < 0.7:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.45 / scale), np.float32)
    return np.asarray(
        cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
        np.float32,
    )


def _box_around(middle: NDArray[np.float64], width: float, height: float) -> Box:
    return Box(float(middle[0] - width / 2), float(middle[1] - height / 2), width, height)


@dataclass(frozen=True, slots=True)
class MediumPose:
    """How a flat medium is held: turned and tilted in degrees, and `bend` the angle in radians
    that its width spans on a cylinder, 0 where it is flat."""

    yaw: float
    pitch: float
    roll: float
    bend: float


def draw_pose(rng: np.random.Generator, *, bendable: bool) -> MediumPose:
    yaw, pitch, roll = rng.normal(0, (9, 9, 5))
    bend = float(rng.uniform(0.3, 1.6)) if bendable and rng.random() < 0.25 else 0.0
    return MediumPose(float(yaw), float(pitch), float(roll), bend)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What holds a medium before a room: `medium` as in media.py, the `content` with its face,
    how many face widths of the content are shown, the `pose`, the `room` or who is in it, whether
    fingers are at its rim, whether the face is `cut` out of the sheet, or its `eyes` are, through
    which those of the person behind look; `bars` above and below the content, where it does not
    fill a screen, as shares of its height."""

    medium: Medium
    content: FacePicture
    shown: tuple[float, float, float, float]
    pose: MediumPose
    room: FacePicture
    fingers: bool
    cut: bool = False
    eyes: bool = False
    bars: tuple[float, float] = (0.0, 0.0)


def presented(held: Held, framing: Framing, rng: np.random.Generator) -> Seen:
    """A medium held before the camera so that the face on it is framed as asked."""
    surface, middle, face = _surface(held, framing, rng)
    if held.pose.bend:
        surface, middle, face = _bent(surface, middle, face, held.pose.bend)
    plane = _perspective(held.pose, middle, framing, surface.shape[1])
    size = framing.size
    flat = np.asarray(cv2.warpPerspective(surface, plane, size), np.float32)
    cut = _cut(held, surface.shape[:2], middle=middle, face=face, rng=rng)
    there = np.asarray(cv2.warpPerspective(cut, plane, size), np.float32)
    room = _placed(held.room, framing, 0.0).picture if held.eyes else _room(held.room, size, rng)
    if held.fingers:
        room, flat = _with_fingers(room, flat, plane, surface.shape[:2], rng)
    light = float(np.exp(rng.normal(0.05, 0.2)))
    mixed = room * (1 - there[..., None]) + flat * light * there[..., None]
    centre = cv2.perspectiveTransform(np.array([[middle]], np.float64), plane)[0, 0]
    return Seen(np.asarray(mixed, np.float32), _box_around(centre, *(face / SUPERSAMPLED)))


def _surface(
    held: Held, framing: Framing, rng: np.random.Generator
) -> tuple[Picture, tuple[float, float], NDArray[np.float64]]:
    """The medium seen from straight ahead, the middle of the face on it, and the face's width
    and height, all in its pixels."""
    content = held.content
    fine = Framing(framing.width * SUPERSAMPLED, *held.shown)
    picture, over = _between_bars(_placed(content, fine, 0.0).picture, held.bars, rng)
    rimmed = held.medium(picture, rng)
    side = (rimmed.shape[1] - picture.shape[1]) / 2
    over += (rimmed.shape[0] - picture.shape[0]) / 2
    middle = (fine.left * fine.width + side, fine.above * fine.width + over)
    return rimmed, middle, np.array([1.0, content.box.h / content.box.w]) * fine.width


def _between_bars(
    picture: Picture, bars: tuple[float, float], rng: np.random.Generator
) -> tuple[Picture, float]:
    """Black, or white, above and below what does not fill a screen; how high it is above."""
    above, below = (round(picture.shape[0] * share) for share in bars)
    if not above + below:
        return picture, 0.0
    shade = 0.0 if rng.random() < 0.7 else 0.95
    colour = (shade, shade, shade, 0.0)
    barred = cv2.copyMakeBorder(picture, above, below, 0, 0, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(barred, np.float32), float(above)


def _cut(
    held: Held,
    size: tuple[int, int],
    *,
    middle: tuple[float, float],
    face: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Where the medium is, in [0, 1]: all of it, or the face alone, or all but the eyes.

    `middle` of the face and its width and height `face` are in the surface's pixels.
    """
    there = np.full(size, 255, np.uint8)
    if held.cut:
        there[:] = 0
        grown = face * float(rng.uniform(0.48, 0.75))
        axes = (int(grown[0]), int(grown[1] * rng.uniform(1.0, 1.25)))
        cv2.ellipse(there, (int(middle[0]), int(middle[1])), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    if held.eyes:
        for side in (-1, 1):
            at = (int(middle[0] + side * 0.2 * face[0]), int(middle[1] - 0.14 * face[1]))
            axes = (int(face[0] * 0.085), int(face[0] * 0.045))
            cv2.ellipse(there, at, axes, 0, 0, 360, 0, -1, cv2.LINE_AA)
    return np.asarray(there, np.float32) / np.float32(255)


def _bent(
    surface: Picture, middle: tuple[float, float], face: NDArray[np.float64], bend: float
) -> tuple[Picture, tuple[float, float], NDArray[np.float64]]:
    """The surface, its face's middle and size, bent about an upright axis: narrower towards the
    sides, and darker on one of them.

    A cylinder seen from far off: what lies at the share s of the half width, from the middle,
    is seen at sin(s bend / 2) / sin(bend / 2) of it.
    """
    height, width = surface.shape[:2]
    across = (np.arange(width, dtype=np.float32) / (width - 1) - 0.5) * 2
    angle = np.arcsin(np.clip(across * np.sin(bend / 2), -1, 1))
    source = (angle / (bend / 2) / 2 + 0.5) * (width - 1)
    rows = np.arange(height, dtype=np.float32)
    bent = cv2.remap(
        surface,
        np.tile(source.astype(np.float32), (height, 1)),
        np.tile(rows[:, None], (1, width)),
        cv2.INTER_LINEAR,
    )
    shade = np.cos(angle - 0.4).astype(np.float32)
    edges = middle[0] + face[0] * np.array([-0.5, 0.5])
    share = np.clip((edges / (width - 1) - 0.5) * 2, -1, 1)
    left, right = (np.sin(share * bend / 2) / np.sin(bend / 2) / 2 + 0.5) * (width - 1)
    return (
        np.asarray(bent * shade[None, :, None], np.float32),
        (float(left + right) / 2, middle[1]),
        np.array([right - left, face[1]]),
    )


def _perspective(
    pose: MediumPose, middle: tuple[float, float], framing: Framing, span: int
) -> NDArray[np.float64]:
    """From the surface's pixels to the frame's: turned in space about the middle of the face."""
    yaw, pitch, roll = np.radians([pose.yaw, pose.pitch, pose.roll])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    about_z = np.array(
        [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    )
    turn = about_z @ about_x @ about_y
    focal = 3.0 * span
    here = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, 1]])
    lift = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, focal]])
    scale = 1 / SUPERSAMPLED
    lens = np.array(
        [
            [focal * scale, 0, framing.left * framing.width],
            [0, focal * scale, framing.above * framing.width],
            [0, 0, 1],
        ]
    )
    return np.asarray(lens @ lift @ here, np.float64)


def _room(picture: FacePicture, size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Any picture as what lies behind: stretched over the frame, out of focus, its own light."""
    height, width = picture.image.shape[:2]
    part = picture.image[
        int(height * rng.uniform(0, 0.3)) : int(height * rng.uniform(0.6, 1)),
        int(width * rng.uniform(0, 0.3)) : int(width * rng.uniform(0.6, 1)),
    ]
    room = cv2.resize(_linear(part), size, interpolation=cv2.INTER_AREA)
    room = cv2.GaussianBlur(room, (0, 0), float(rng.uniform(0.3, 4)))
    return np.asarray(room * float(rng.uniform(0.4, 1.2)), np.float32)


def _with_fingers(
    room: Picture,
    flat: Picture,
    plane: NDArray[np.float64],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[Picture, Picture]:
    """A hand behind the medium, drawn into `room`, and a few fingers that reach over the rim of
    the medium, which are before both."""
    height, width = size
    skin = np.array(SKINS[rng.integers(len(SKINS))]) * rng.uniform(0.6, 1.1)
    colour = tuple(float(part) for part in skin)
    on_rim = _rim_point(width, height, rng)
    inwards = np.array([width / 2, height / 2]) - on_rim
    inwards /= max(float(np.linalg.norm(inwards)), 1.0)
    thick = 0.05 * width * float(rng.uniform(0.5, 1.3))
    hand = _through(plane, [on_rim - inwards * thick * 3, on_rim - inwards * width])
    cv2.line(room, hand[0], hand[1], colour, max(3, int(thick * 2.2)))
    fingers = np.zeros(room.shape[:2], np.uint8)
    for index in range(int(rng.integers(1, 5))):
        aside = np.array([-inwards[1], inwards[0]]) * thick * 1.3 * index
        tip = on_rim + aside + inwards * thick * float(rng.uniform(0.8, 2.6))
        start, end = _through(plane, [on_rim + aside - inwards * thick, tip])
        cv2.line(fingers, start, end, 255, max(2, int(thick * 0.65)), cv2.LINE_AA)
    soft = (cv2.GaussianBlur(fingers, (0, 0), 0.8).astype(np.float32) / 255)[..., None]
    over = soft * skin.astype(np.float32)
    return (
        np.asarray(room * (1 - soft) + over, np.float32),
        np.asarray(flat * (1 - soft) + over, np.float32),
    )


def _rim_point(width: int, height: int, rng: np.random.Generator) -> NDArray[np.float64]:
    along = float(rng.uniform(0.15, 0.85))
    places = ((0, along * height), (width, along * height), (along * width, height))
    return np.array(places[rng.integers(3)], np.float64)


def _through(plane: NDArray[np.float64], points: list[NDArray[np.float64]]) -> list[list[int]]:
    moved = cv2.perspectiveTransform(np.array([points], np.float64), plane)[0]
    return [[int(value) for value in np.clip(point, -4000, 4000)] for point in moved]
