"""Text in any script's letters, drawn into an RGB image; OpenCV's own fonts know ASCII only."""

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from accessctl.bundled import asset
from accessctl.domain import Image

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
