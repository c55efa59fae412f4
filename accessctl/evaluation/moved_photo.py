"""A photograph moved about as a flat sheet in front of a virtual pinhole camera."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Frame, Image

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a sheet is: its centre in pixels of the picture, its width in pixels there, and
    its rotation in degrees (yaw about the upright axis, pitch about the level one, roll)."""

    x: float
    y: float
    width: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


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


def turn_matrix(yaw: float, pitch: float, roll: float) -> Matrix:
    """Rotation (3, 3): roll first, then pitch, then yaw; x right, y down, z away."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    turned: Matrix = about_y @ about_x @ about_z
    return turned


def sheet_homography(photo: tuple[int, int], sheet: Sheet, frame: tuple[int, int]) -> Matrix:
    """From pixels of a photo (width, height) to those of a frame (width, height).

    The camera's focal length is the frame's width (53 degrees across); the sheet is as far
    away as makes it `sheet.width` pixels wide when it faces the camera. Hartley and
    Zisserman, "Multiple View Geometry in Computer Vision", 2nd edition, section 8.1.
    """
    focal = float(frame[0])
    intrinsic = np.array([[focal, 0, frame[0] / 2], [0, focal, frame[1] / 2], [0, 0, 1]])
    away = focal / sheet.width
    centre = np.array([sheet.x - frame[0] / 2, sheet.y - frame[1] / 2, focal]) * away / focal
    rotation = turn_matrix(sheet.yaw, sheet.pitch, sheet.roll)
    to_sheet = np.array(
        [[1, 0, -photo[0] / 2], [0, 1, -photo[1] / 2], [0, 0, float(photo[0])]]
    ) / float(photo[0])
    plane = np.column_stack([rotation[:, :2], centre])
    product: Matrix = intrinsic @ plane @ to_sheet
    product /= product[2, 2]
    return product


def lay_sheet(picture: Image, photo: Image, sheet: Sheet) -> None:
    """Draw `photo` as `sheet` over `picture`, in place."""
    frame = picture.shape[1], picture.shape[0]
    size = photo.shape[1], photo.shape[0]
    homography = sheet_homography(size, sheet, frame)
    shrink = sheet.width / size[0]
    if shrink < 0.5:
        factor = int(1 / shrink)
        small = (max(1, size[0] // factor), max(1, size[1] // factor))
        photo = cv2.resize(photo, small, interpolation=cv2.INTER_AREA).astype(np.uint8)
        homography = homography @ np.diag([size[0] / small[0], size[1] / small[1], 1.0])
    layer = cv2.warpPerspective(photo, homography, frame, flags=cv2.INTER_LINEAR)
    flat = np.full(photo.shape[:2], 255, np.uint8)
    mask = cv2.warpPerspective(flat, homography, frame, flags=cv2.INTER_LINEAR)[:, :, None]
    picture[:] = (
        (layer.astype(np.uint16) * mask + picture.astype(np.uint16) * (255 - mask) + 127) // 255
    ).astype(np.uint8)


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
