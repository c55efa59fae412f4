"""The part of cv2.VideoCapture that the sources use, so that tests can stand in for it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import cv2

from accessctl.domain import Image


class Capture(Protocol):
    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name

    def read(self) -> tuple[bool, Any]: ...

    def get(self, propId: int) -> float: ...  # noqa: N803 - OpenCV's name

    def set(self, propId: int, value: float) -> bool: ...  # noqa: N803 - OpenCV's name

    def release(self) -> None: ...


CaptureFactory: TypeAlias = Callable[[str, int, Sequence[int]], Capture]


def open_capture(name: str, backend: int, options: Sequence[int]) -> Capture:
    """cv2.VideoCapture on `name`; `options` are pairs of a property and its value."""
    return cv2.VideoCapture(name, backend, options)


def read_rgb(capture: Capture) -> Image | None:
    """The next picture as RGB uint8 (H, W, 3); None when the capture has none."""
    try:
        found, picture = capture.read()
    except cv2.error:
        return None
    if not found or picture is None or picture.ndim != 3 or picture.shape[2] != 3:
        return None
    rgb: Image = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return rgb
