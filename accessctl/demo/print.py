"""The demo's attack: a flat photograph of the enrolled person, held up and moved about."""

import math

import cv2
import numpy as np

from accessctl.demo.photos import collins
from accessctl.demo.script import DOOR_X, EYE_Y, VISIT_S
from accessctl.demo.sheet import Sheet
from accessctl.domain import Image

# Left, top, right, bottom in the photograph, and how far down it the eyes are.
PART = (100, 0, 350, 300)
EYES_Y = 102
MARGIN = 14
PAPER = (236, 234, 228)

WIDTH_PX = 470.0
RAISE_S, LOWER_S = 3.2, 2.6
BELOW = 650.0


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
    hidden = _ease(1 - since / RAISE_S) + _ease(1 - (VISIT_S - since) / LOWER_S)
    return Sheet(
        x=DOOR_X + 70 * math.sin(1.1 * since),
        y=EYE_Y + middle_y * scale + 25 * math.sin(1.7 * since + 0.5) + BELOW * hidden,
        width=width,
        yaw=24 * math.sin(1.4 * since),
        pitch=11 * math.sin(1.1 * since + 1.0),
        roll=5 * math.sin(0.8 * since + 2.0),
    )


def _ease(u: float) -> float:
    u = min(max(u, 0.0), 1.0)
    return u * u * (3 - 2 * u)
