"""The face with what is around it, as a texture network eats it.

The places are those of minivision's Silent-Face-Anti-Spoofing (2020): a rectangle of the face's
proportions, lowered where it would not fit, and moved into the picture rather than padded,
because a padded rim is a trace that no camera leaves.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image

Sampling: TypeAlias = Literal["area", "points"]
"""How a crop is shrunk: by averages of areas, or by single points between the four nearest pixels.
Points alias, as minivision's own preprocessing does: what a fine grid leaves of itself stays
visible in few pixels."""


def crops(
    image: Image,
    box: Box,
    reaches: Sequence[float],
    size: int,
    sampling: Sampling = "area",
) -> NDArray[np.uint8]:
    """RGB uint8 (K, size, size, 3): for each of the K `reaches` what `place` says of `image`.

    `image` is RGB uint8 (H, W, 3) and `box` the tight box of the face's mesh, in pixels.
    Enlarging is bilinear; about a millisecond for three reaches in a frame of 720 rows. Raises
    ValueError for a picture that is none and a box that has no area.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"image must be uint8 (H, W, 3), not {image.dtype} {image.shape}")
    height, width = image.shape[:2]
    laid = np.empty((len(reaches), size, size, 3), np.uint8)
    for number, reach in enumerate(reaches):
        left, top, right, bottom = place(width, height, box, reach)
        part = image[top:bottom, left:right]
        if sampling == "points":
            laid[number] = _resized(part, size, size, cv2.INTER_LINEAR)
        else:
            laid[number] = _scaled(part, size)
    return laid


def place(width: int, height: int, box: Box, reach: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of `box` enlarged `reach` times, in whole pixels.

    Right and bottom are the first that do not belong to it. The rectangle keeps the centre and
    the proportions of the box; what is larger than the picture of `width` x `height` is
    lowered on both sides alike until it fits, and what reaches over an edge is moved in.
    """
    if not (0 < box.w < np.inf and 0 < box.h < np.inf and 0 < reach < np.inf):
        raise ValueError(f"a box of {box.w} x {box.h} pixels enlarged {reach} times has no area")
    if not np.isfinite(box.centre).all():
        raise ValueError(f"a box around {box.centre} lies nowhere")
    fits = min((height - 1) / box.h, (width - 1) / box.w, reach)
    x, y = box.centre
    across, along = _whole(box.w * fits), _whole(box.h * fits)
    left = min(max(0, _nearest(x - across / 2)), width - across)
    top = min(max(0, _nearest(y - along / 2)), height - along)
    return left, top, left + across, top + along


def _whole(side: float) -> int:
    return max(1, _nearest(side))


def _nearest(value: float) -> int:
    return int(np.floor(value + 0.5))


def _scaled(part: Image, size: int) -> Image:
    # Halves are averaged ten times faster than any other ratio.
    while min(part.shape[:2]) >= 2 * size:
        rows, columns = part.shape[0] // 2, part.shape[1] // 2
        whole = part[: 2 * rows, : 2 * columns]
        part = _resized(whole, columns, rows, cv2.INTER_AREA)
    shrinks = min(part.shape[:2]) >= size
    return _resized(part, size, size, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _resized(part: Image, columns: int, rows: int, way: int) -> Image:
    return cv2.resize(part, (columns, rows), interpolation=way).astype(np.uint8, copy=False)
