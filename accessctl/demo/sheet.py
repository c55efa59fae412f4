"""A flat sheet before a pinhole camera; and the demo's attack: a flat photograph of the enrolled
person on such a sheet, held up and moved about.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.demo.people import collins
from accessctl.demo.script import DOOR_X, EYE_Y, VISIT_S, ease
from accessctl.domain import Image

Matrix = NDArray[np.float64]

# Left, top, right, bottom in the photograph, and how far down it the eyes are.
PART = (100, 0, 350, 300)
EYES_Y = 102
MARGIN = 14
PAPER = (236, 234, 228)

WIDTH_PX = 470.0
RAISE_S, LOWER_S = 3.2, 2.6
BELOW = 670.0


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
    mask = cv2.warpPerspective(flat, homography, frame, flags=cv2.INTER_LINEAR)
    x, y, width, height = cv2.boundingRect(mask)
    part = slice(y, y + height), slice(x, x + width)
    cover = mask[part][:, :, None].astype(np.uint16)
    below = picture[part]
    below[:] = (layer[part] * cover + below * (255 - cover) + 127) // 255


def print_picture() -> Image:
    """The print with its white margin, RGB uint8 (328, 278, 3)."""
    left, top, right, bottom = PART
    picture = collins()[top:bottom, left:right]
    framed = cv2.copyMakeBorder(
        picture, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=PAPER
    )
    return framed.astype(np.uint8, copy=False)


def sheet_at(since: float) -> Sheet:
    """Where the print is `since` seconds after the visit's start: up, about, down again."""
    width = WIDTH_PX * (1 + 0.08 * math.sin(0.9 * since))
    scale = width / (PART[2] - PART[0] + 2 * MARGIN)
    middle_y = (PART[3] - PART[1]) / 2 - EYES_Y
    hidden = ease(1 - since / RAISE_S) + ease(1 - (VISIT_S - since) / LOWER_S)
    return Sheet(
        x=DOOR_X + 70 * math.sin(1.1 * since),
        y=EYE_Y + middle_y * scale + 25 * math.sin(1.7 * since + 0.5) + BELOW * hidden,
        width=width,
        yaw=24 * math.sin(1.4 * since),
        pitch=11 * math.sin(1.1 * since + 1.0),
        roll=5 * math.sin(0.8 * since + 2.0),
    )
