"""A photograph that is bent about an upright axis, as round a tin, and moved about."""

from collections.abc import Iterator

import cv2
import numpy as np

from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame, Image
from accessctl.evaluation.moved_photo import Hand, as_seen
from accessctl.evaluation.turned_head import Relief, lay_relief

STEEPEST = 0.95
"""How far round the sheet is seen, as a share of the radius: beyond, it is nearly edge on."""


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
