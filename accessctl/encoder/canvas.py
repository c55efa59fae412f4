"""One crop that the crops of several encoders can be taken from, without a second detection.

All of them lie on the same template, so each is an upright window of the canvas at a scale
of its own. As in every crop geometry, pixel i of a crop lies i pixel widths to the right of
its region's left edge.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from accessctl.domain import CropGeometry, Image

DECIMALS = 4
ROUNDING = 1e-3
"""Of a pixel: what regions rounded to DECIMALS may be off."""


def pixel_width(geometry: CropGeometry) -> float:
    """The width of a crop's pixel in units of its template."""
    return (geometry.region[2] - geometry.region[0]) / geometry.size


def canvas_over(parts: Sequence[CropGeometry]) -> CropGeometry:
    """The smallest square crop, on the pixel grid of the finest part, that covers all parts.

    On that grid the finest part is cut out pixel for pixel and the others are shrunk, so
    that no part loses detail. The canvas is as wide to the left of the face's axis as to
    its right, up to a pixel: the mirror image of a canvas is that of the mirrored face. All
    parts must have the same template.
    """
    finest = min(parts, key=pixel_width)
    step = pixel_width(finest)
    x0, y0 = (min(part.region[side] for part in parts) for side in (0, 1))
    x1, y1 = (max(part.region[side] for part in parts) for side in (2, 3))
    left_eye, right_eye = finest.template[:2]
    axis = (left_eye[0] + right_eye[0]) / 2
    # The canvas is square: where it is taller than wide, both sides get what is left over.
    half = max(axis - x0, x1 - axis, (y1 - y0) / 2)
    left = finest.region[0] - _whole((finest.region[0] - (axis - half)) / step) * step
    top = finest.region[1] - _whole((finest.region[1] - y0) / step) * step
    size = _whole(max(axis + half - left, y1 - top) / step)
    corner = (left, top, left + size * step, top + size * step)
    x0, y0, x1, y1 = (round(value, DECIMALS) for value in corner)
    return CropGeometry(finest.template, (x0, y0, x1, y1), size)


def covers(canvas: CropGeometry, part: CropGeometry) -> bool:
    """Whether every pixel of the part lies on the canvas."""
    slack = ROUNDING * pixel_width(canvas)
    low = all(canvas.region[side] <= part.region[side] + slack for side in (0, 1))
    return low and all(canvas.region[side] >= part.region[side] - slack for side in (2, 3))


class CanvasWindow:
    """Takes the crops of `part` out of crops of `canvas`."""

    def __init__(self, canvas: CropGeometry, part: CropGeometry) -> None:
        steps = [(part.region[a + 2] - part.region[a]) / part.size for a in (0, 1)]
        grid = [(canvas.region[a + 2] - canvas.region[a]) / canvas.size for a in (0, 1)]
        scale = [step / width for step, width in zip(steps, grid, strict=True)]
        # Bilinear sampling skips pixels when it shrinks to less than half: take so many
        # samples a pixel and average them.
        self._samples = max(1, int(min(scale)))
        self._size = part.size
        first = (1 / self._samples - 1) / 2
        offset = [(part.region[a] - canvas.region[a] + first * steps[a]) / grid[a] for a in (0, 1)]
        self._transform = np.array(
            [
                [scale[0] / self._samples, 0, offset[0]],
                [0, scale[1] / self._samples, offset[1]],
            ]
        )

    def cut(self, canvases: Image) -> Image:
        """RGB uint8 (N, C, C, 3) -> (N, S, S, 3); beyond a canvas its edge is repeated."""
        crops = np.empty((len(canvases), self._size, self._size, 3), np.uint8)
        for canvas, crop in zip(canvases, crops, strict=True):
            crop[:] = self._cut(canvas)
        return crops

    def _cut(self, canvas: Image) -> Image:
        side = self._size * self._samples
        patch = cv2.warpAffine(
            np.ascontiguousarray(canvas),
            self._transform,
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        if self._samples > 1:
            patch = cv2.resize(patch, (self._size, self._size), interpolation=cv2.INTER_AREA)
        return patch.astype(np.uint8, copy=False)


def _whole(pixels: float) -> int:
    """The least number of pixels that is enough, up to rounding."""
    return math.ceil(pixels - ROUNDING)
