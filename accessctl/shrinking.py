"""Pictures made smaller by whole factors, each pixel the mean of a block."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """`image`, uint8 (H, W) or (H, W, 3), averaged over blocks of `factor` x `factor` pixels.

    What is left at the right and at the bottom is dropped. Halving is four times faster than any
    other averaging, so it is done as often as it goes; each time
    rounds to a whole value.
    Raises ValueError unless 1 <= `factor` <= min(H, W).
    """
    rows, columns = image.shape[0] // max(factor, 1), image.shape[1] // max(factor, 1)
    if factor < 1 or min(rows, columns) < 1:
        raise ValueError(f"a picture of {image.shape[:2]} cannot be made {factor} times smaller")
    image = image[: rows * factor, : columns * factor]
    while factor % 2 == 0:
        factor //= 2
        image = _resized(image, columns * factor, rows * factor)
    return image if factor == 1 else _resized(image, columns, rows)


def _resized(image: NDArray[np.uint8], columns: int, rows: int) -> NDArray[np.uint8]:
    smaller = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)
