"""Text and shapes, drawn into an RGB image; whatever lies outside it is cut off.

Text may be in any script's letters: OpenCV's own fonts know ASCII only.
"""

from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from accessctl.bundled import asset
from accessctl.domain import Box, Image

Colour: TypeAlias = tuple[int, int, int]


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, `size` pixels high."""
    return ImageFont.truetype(asset("DejaVuSans.ttf"), size)


@lru_cache(maxsize=512)
def mask(text: str, size: int) -> NDArray[np.float32]:
    """Coverage of the drawn text, float32 (height, width) in [0, 1]; all lines equally high."""
    face = font(size)
    width = max(1, round(face.getlength(text)))
    ascent, descent = face.getmetrics()
    canvas = PillowImage.new("L", (width, ascent + descent))
    ImageDraw.Draw(canvas).text((0, 0), text, font=face, fill=255)
    return np.asarray(canvas, np.float32) / np.float32(255)


def text_size(text: str, size: int) -> tuple[int, int]:
    """Width and height in pixels."""
    height, width = mask(text, size).shape
    return width, height


def put_text(image: Image, text: str, x: int, y: int, size: int, colour: Colour) -> None:
    """Draw into `image` with the top left corner at (x, y); what lies outside is cut off."""
    cover = mask(text, size)
    top, left = max(0, y), max(0, x)
    bottom, right = min(image.shape[0], y + cover.shape[0]), min(image.shape[1], x + cover.shape[1])
    if top >= bottom or left >= right:
        return
    part = cover[top - y : bottom - y, left - x : right - x, None]
    target = image[top:bottom, left:right]
    target[:] = target * (1 - part) + np.asarray(colour, np.float32) * part


def shade(image: Image, x: int, y: int, w: int, h: int, strength: float = 0.6) -> None:
    """Darken a rectangle so that text on it can be read."""
    part = image[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    part[:] = (part * (1 - strength)).astype("uint8")


def bracket(image: Image, box: Box, colour: Colour, thickness: int = 3) -> None:
    """The four corners of a box, a quarter of its side long."""
    left, top = round(box.x), round(box.y)
    right, bottom = round(box.x + box.w), round(box.y + box.h)
    arm = round(min(box.w, box.h) / 4)
    for x, towards_x in ((left, 1), (right, -1)):
        for y, towards_y in ((top, 1), (bottom, -1)):
            for end in ((x + arm * towards_x, y), (x, y + arm * towards_y)):
                cv2.line(image, (x, y), end, colour, thickness, cv2.LINE_AA)


def bar(image: Image, x: int, y: int, w: int, filled: float, mark: float, colour: Colour) -> None:
    """A horizontal bar `filled` to a share in [0, 1], with the threshold's `mark` on it."""
    height = 8
    cv2.rectangle(image, (x, y), (x + w, y + height), (90, 90, 90), -1)
    if filled > 0:
        cv2.rectangle(image, (x, y), (x + round(w * filled), y + height), colour, -1)
    at = x + round(w * mark)
    cv2.line(image, (at, y - 3), (at, y + height + 3), (255, 255, 255), 2)
