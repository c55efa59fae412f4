"""Masks, sunglasses and hats drawn onto a canvas from the geometry of its template.

The five points of a canvas are where the template puts them, so what people wear can be
drawn without landmarks. Crude on purpose: what counts is which part of the face is hidden.
"""

import cv2
import numpy as np

from accessctl.domain import Image
from accessctl.evaluation.pack import CANVAS_TEMPLATE

LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = (np.array(p) for p in CANVAS_TEMPLATE)
EYE_DISTANCE = float(np.linalg.norm(RIGHT_EYE - LEFT_EYE))


def something_worn(canvas: Image, draw: np.random.Generator) -> Image:
    """A mask, sunglasses or a hat, each as likely."""
    return (mask, sunglasses, hat)[int(draw.integers(3))](canvas, draw)


def mask(canvas: Image, draw: np.random.Generator) -> Image:
    """A face mask: from the bridge of the nose down to the chin, from cheek to cheek."""
    top = NOSE[1] - draw.uniform(0.1, 0.45) * EYE_DISTANCE
    bottom = LEFT_MOUTH[1] + draw.uniform(0.6, 0.9) * EYE_DISTANCE
    half = draw.uniform(0.85, 1.05) * EYE_DISTANCE
    x = NOSE[0]
    outline = [
        (x - half, top + 0.2 * EYE_DISTANCE),
        (x, top),
        (x + half, top + 0.2 * EYE_DISTANCE),
        (x + 0.85 * half, bottom - 0.35 * EYE_DISTANCE),
        (x, bottom),
        (x - 0.85 * half, bottom - 0.35 * EYE_DISTANCE),
    ]
    return _painted(canvas, [outline], _cloth(draw))


def sunglasses(canvas: Image, draw: np.random.Generator) -> Image:
    """Two dark lenses and the bridge between them."""
    wide, high = draw.uniform(0.32, 0.44) * EYE_DISTANCE, draw.uniform(0.22, 0.34) * EYE_DISTANCE
    colour = tuple(int(v) for v in draw.integers(0, 50, 3))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    lenses = [
        [(x + wide * np.cos(a), y + high * np.sin(a)) for a in angles]
        for x, y in (LEFT_EYE, RIGHT_EYE)
    ]
    y = (LEFT_EYE[1] + RIGHT_EYE[1]) / 2
    bar = [(LEFT_EYE[0], y - 3), (RIGHT_EYE[0], y - 3), (RIGHT_EYE[0], y), (LEFT_EYE[0], y)]
    return _painted(canvas, [*lenses, bar], colour)


def hat(canvas: Image, draw: np.random.Generator) -> Image:
    """Everything above a brim that sits between hairline and brows."""
    brim = LEFT_EYE[1] - draw.uniform(0.35, 0.7) * EYE_DISTANCE
    tilt = draw.uniform(-0.1, 0.1) * EYE_DISTANCE
    width = canvas.shape[1]
    area = [(0, 0), (width, 0), (width, brim + tilt), (0, brim - tilt)]
    return _painted(canvas, [area], _cloth(draw))


def _cloth(draw: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(v) for v in draw.integers(0, 256, 3))


def _painted(
    canvas: Image, outlines: list[list[tuple[float, float]]], colour: tuple[int, ...]
) -> Image:
    painted = canvas.copy()
    polygons = [np.rint(np.array(outline)).astype(np.int32) for outline in outlines]
    for polygon in polygons:
        cv2.fillPoly(painted, [polygon], colour, lineType=cv2.LINE_AA)
    return painted
