"""Which face in the picture of a second camera is the one that the first camera sees; pure.

The two cameras look the same way from about the same place. What one has in the middle of its
picture the other has there, too, and a face takes about the same share of the pictures' widths;
a camera that magnifies more shows it larger and, by as much, further from the middle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from accessctl.domain import Box, Image
from accessctl.vision.search import Tile, nearby

LEAST_RATIO, MOST_RATIO = 0.6, 1.6
"""How wide the face may be in the second picture, beside what is expected."""

REACH = 1.0
"""How far from the expected place it may be, in widths of the smaller of the two."""

NARROWEST = 40.0
"""A face that is expected to be narrower, in pixels, may well be missed: nothing is told."""

INSIDE = 0.2
"""Of a face's width and height, so much of its edge is left out when its brightness is told."""


@dataclass(frozen=True, slots=True)
class OtherView:
    """What a second camera shows where the first sees a face.

    `box` is its face in pixels of the first picture, None where it shows none; `brightness` is
    the mean grey of that face, in [0, 1] and NaN without one, `around` that of the part of the
    picture that was searched.
    """

    box: Box | None
    brightness: float
    around: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """Width and height of the first picture and of the second, in pixels."""

    first: tuple[int, int]
    second: tuple[int, int]

    def there(self, box: Box) -> Box:
        """Where a box of the first picture is expected in the second."""
        return _carried(box, self.first, self.second)

    def back(self, box: Box) -> Box:
        return _carried(box, self.second, self.first)


def _carried(box: Box, source: tuple[int, int], target: tuple[int, int]) -> Box:
    scale = target[0] / source[0]
    x = (box.x - source[0] / 2) * scale + target[0] / 2
    y = (box.y - source[1] / 2) * scale + target[1] / 2
    return Box(x, y, box.w * scale, box.h * scale)


def tile_beside(expected: Box, size: tuple[int, int]) -> Tile | None:
    """The part of the second picture, `size` (width, height), to search; None where a face that
    is there need not be seen: too small, or over the picture's edge."""
    inside = 0 <= expected.x <= size[0] - expected.w and 0 <= expected.y <= size[1] - expected.h
    if not (inside and expected.w >= NARROWEST):
        return None
    return nearby(expected.centre, expected, *size)


def of_the_same(
    found: Iterable[Box], expected: Box, others: Sequence[Box], size: tuple[int, int]
) -> Box | None:
    """The one of `found` that is the face at `expected`, in pixels of the second picture.

    It must be about as wide and about there, and nearer to `expected` than to where any of the
    `others`, that the first camera sees, are expected: nobody lends their face to a picture
    that they hold up.
    """
    near = [box for box in found if _far(box, expected, size) <= REACH]
    box = min(near, key=lambda one: _far(one, expected, size), default=None)
    if box is None or any(_far(box, o, size) < _far(box, expected, size) for o in others):
        return None
    return box


def _far(box: Box, expected: Box, size: tuple[int, int]) -> float:
    """How far `box` is from where `expected` would be were it so large, in widths of the smaller;
    infinite where the sizes do not go together."""
    ratio = box.w / max(expected.w, 1.0)
    if not LEAST_RATIO <= ratio <= MOST_RATIO:
        return float("inf")
    middle = np.array(size) / 2
    place = middle + ratio * (np.array(expected.centre) - middle)
    return float(np.linalg.norm(np.array(box.centre) - place)) / max(min(box.w, expected.w), 1.0)


def brightness_of(image: Image, box: Box) -> float:
    """Mean grey in [0, 1] of the middle of `box`; NaN where it lies outside of `image`."""
    left, right = int(box.x + INSIDE * box.w), int(box.x + (1 - INSIDE) * box.w) + 1
    top, bottom = int(box.y + INSIDE * box.h), int(box.y + (1 - INSIDE) * box.h) + 1
    part = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    return float(part.mean()) / 255 if part.size else float("nan")
