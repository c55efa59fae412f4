"""Where a fixed camera's picture changes: cheap, and blind to camera noise.

A frame is sampled on a small grid and compared with a background that follows it slowly
(exponential forgetting; Piccardi, "Background subtraction techniques: a review", IEEE SMC
2004). Whatever arrives stays a change for many seconds, until it is background itself.
"""

from math import exp

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

GRID = 160
"""Cells along the longer side: 8 pixels each at 720p, a sixth of the smallest face."""

BLUR = 3
"""Cells are averaged over squares of so many: 36 pixels of noise become one."""

FORGET_S = 4.0
"""Time in which the background covers 63 % of the way to what is there now."""

LEAST = 2.5
"""Grey levels by which a cell must change at least; a face in the dark differs by 5."""

OVER_NOISE = 5.0
"""And by so many times what cells change by from frame to frame."""

LOUDEST = 2.0
"""Grey levels of noise at most, that of a camera with a deviation of 12 in every pixel: where
more than that changes, it is not noise."""

NOISE_STEP = 3
"""One cell in so many, in both directions, is enough to tell the noise."""

Changed = NDArray[np.bool_]


def cells(image: Image) -> NDArray[np.float32]:
    """Blurred grey samples of `image`: float32 (h, w), the longer side `GRID` or less."""
    height, width = image.shape[:2]
    step = max(1, round(max(height, width) / GRID))
    size = (max(1, width // step), max(1, height // step))
    # Bilinear at this scale reads four pixels a cell and skips the rest: twenty times
    # cheaper than the mean of all, and the blur makes up for the noise.
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.blur(grey, (BLUR, BLUR)).astype(np.float32, copy=False)


def noise_between(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Grey levels by which most cells of two frames differ: the median, as a deviation."""
    difference = cv2.absdiff(one[::NOISE_STEP, ::NOISE_STEP], other[::NOISE_STEP, ::NOISE_STEP])
    return float(np.median(difference)) / 0.6745


class MotionGate:
    """Compares the frames of one camera, given in order with their times in seconds."""

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self._last: NDArray[np.float32] | None = None
        self._noise: float | None = None
        self._seen = 0.0

    def changed(self, image: Image, now: float) -> Changed:
        """Which cells differ from the background: bool (h, w), laid evenly over `image`.

        All of them in the first frame, and in the first of another size.
        """
        present = cells(image)
        background, last = self._background, self._last
        if background is None or last is None or background.shape != present.shape:
            self._background, self._last, self._seen = present.copy(), present, now
            self._noise = None
            return np.ones(present.shape, np.bool_)
        elapsed = max(now - self._seen, 0.0)
        share = 1 - exp(-elapsed / FORGET_S)
        between = min(noise_between(present, last), LOUDEST)
        noise = between if self._noise is None else self._noise
        self._noise = noise + share * (between - noise)
        difference = cv2.absdiff(present, background)
        changed: Changed = difference > max(LEAST, OVER_NOISE * self._noise)
        cv2.accumulateWeighted(present, background, share)
        self._last, self._seen = present, now
        return changed
