"""Cut a rotated, scaled patch out of an image without aliasing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

Affine = NDArray[np.float64]

MAX_SHRINK = 2.0
"""Bilinear sampling skips pixels beyond this; the source is averaged down first."""


def apply(transform: Affine, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """`points` (N, 2) carried through the affine `transform` (2, 3)."""
    moved: NDArray[np.float64] = points[:, :2] @ transform[:, :2].T + transform[:, 2]
    return moved


def invert(transform: Affine) -> Affine:
    """The affine transform (2, 3) that undoes `transform`."""
    linear = np.linalg.inv(transform[:, :2])
    return np.column_stack([linear, -linear @ transform[:, 2]])


def compose(after: Affine, before: Affine) -> Affine:
    """The affine transform (2, 3) that applies `before`, then `after`."""
    return np.column_stack(
        [after[:, :2] @ before[:, :2], after[:, :2] @ before[:, 2] + after[:, 2]]
    )


def warp(image: Image, transform: Affine, size: tuple[int, int]) -> Image:
    """The patch of `size` (width, height) that `transform` (2, 3) maps `image` onto.

    Pixel centres have whole coordinates. Pixels outside the image repeat its edge.
    """
    scale = np.sqrt(abs(np.linalg.det(transform[:, :2])))
    if scale * MAX_SHRINK < 1:
        image, transform = _reduced(image, transform, size, int(1 / scale))
    patch = cv2.warpAffine(
        image, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return patch.astype(np.uint8, copy=False)


def _reduced(
    image: Image, transform: Affine, size: tuple[int, int], factor: int
) -> tuple[Image, Affine]:
    """The part of `image` that the patch needs, averaged over `factor` x `factor` blocks."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], [size[0], size[1]]], np.float64)
    reach = apply(invert(transform), corners)
    low = np.clip(np.floor(reach.min(axis=0)) - factor, 0, None).astype(int)
    high = np.clip(np.ceil(reach.max(axis=0)) + factor, 0, (width, height)).astype(int)
    columns, rows = (high - low) // factor
    if columns < 1 or rows < 1:
        return image, transform
    part: Image = image[low[1] : low[1] + rows * factor, low[0] : low[0] + columns * factor]
    reduced = cv2.resize(part, (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
    # The centre of a block of `factor` pixels lies (factor - 1) / 2 past its first pixel.
    to_image = np.array(
        [[factor, 0, low[0] + (factor - 1) / 2], [0, factor, low[1] + (factor - 1) / 2]]
    )
    return reduced.astype(np.uint8, copy=False), compose(transform, to_image)
