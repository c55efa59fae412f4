"""What a detector says of one picture, and how a large picture is made smaller for it."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from accessctl.domain import Box, Image, Points

SMALLEST = 8
"""Pictures narrower or lower than this hold no face."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A box that may hold a face, in pixels; `score` in [0, 1].

    `keypoints` is float32 (6, 2): the eyes (left in the image first), nose tip, mouth,
    and the points in front of the two ears.
    """

    box: Box
    score: float
    keypoints: Points

    def shifted(self, dx: float, dy: float) -> "Detection":
        box = Box(self.box.x + dx, self.box.y + dy, self.box.w, self.box.h)
        return Detection(box, self.score, self.keypoints + np.array([dx, dy], np.float32))

    def scaled(self, factor: float) -> "Detection":
        box = Box(*(factor * side for side in (self.box.x, self.box.y, self.box.w, self.box.h)))
        return Detection(box, self.score, self.keypoints * np.float32(factor))


class Detector(Protocol):
    """Finds faces in pictures; for one thread at a time."""

    def detect(self, image: Image) -> list[Detection]:
        """Everything in `image` (RGB uint8 (H, W, 3)) that may be a face, best first."""
        ...

    def close(self) -> None:
        """Give back what the runtime holds; nothing can be detected afterwards."""
        ...


def halved(image: Image, enough: int) -> tuple[Image, int]:
    """`image` averaged down by a power of two, its longer side still `enough` or more.

    Also the factor by which it is smaller now. Halving is many times faster than any other
    averaging, and what is left to bilinear sampling, less than 2, does not alias.
    """
    factor = 1
    while max(image.shape[:2]) >= 2 * enough and min(image.shape[:2]) >= 2 * SMALLEST:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        even = image[: 2 * height, : 2 * width]
        image = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
        factor *= 2
    return image, factor
