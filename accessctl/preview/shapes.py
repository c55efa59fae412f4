"""The shapes of the preview, drawn into an RGB image; whatever lies outside is cut off."""

import cv2

from accessctl.domain import Box, Image
from accessctl.preview.text import Colour


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
