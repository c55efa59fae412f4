"""Less detail than a good photo has: few pixels, motion or defocus, a camera's compression."""

import cv2
import numpy as np

from accessctl.domain import Image


def low_resolution(image: Image, draw: np.random.Generator, smallest: int = 40) -> Image:
    """The image as if the face crop had been only `smallest` pixels or more wide.

    The width is drawn evenly in its logarithm between `smallest` and the image's own, then
    averaged down and enlarged bilinearly, as a door enlarges a far face.
    """
    height, width = image.shape[:2]
    if width <= smallest:
        return image
    small = round(float(np.exp(draw.uniform(np.log(smallest), np.log(width)))))
    size = (small, max(1, round(small * height / width)))
    reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    back = cv2.resize(reduced, (width, height), interpolation=cv2.INTER_LINEAR)
    return back.astype(np.uint8, copy=False)


def defocus(image: Image, draw: np.random.Generator, strongest: float = 2.5) -> Image:
    """Gaussian blur, deviation 0.5 pixels up to `strongest` for an image 150 pixels wide."""
    sigma = draw.uniform(0.5, strongest) * image.shape[1] / 150
    return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8, copy=False)


def motion(image: Image, draw: np.random.Generator, longest: int = 11) -> Image:
    """Blur along a line of 3 up to `longest` pixels in any direction."""
    length = int(draw.integers(3, longest + 1))
    angle = draw.uniform(0, np.pi)
    kernel = np.zeros((length, length), np.float32)
    middle = (length - 1) / 2
    reach = middle * np.array([np.cos(angle), np.sin(angle)])
    ends = [tuple(round(float(v)) for v in middle + sign * reach) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    blurred = cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return blurred.astype(np.uint8, copy=False)


def compressed(image: Image, draw: np.random.Generator, worst: int = 15) -> Image:
    """Written as JPEG of quality `worst` to 90 and read back."""
    quality = int(draw.integers(worst, 91))
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(read[..., ::-1])
