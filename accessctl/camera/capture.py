"""The part of cv2.VideoCapture that the sources use, so that tests can stand in for it."""

import os
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
    _configure_opencv()
    return cv2.VideoCapture(name, backend, options)


def _configure_opencv() -> None:
    """Settings that OpenCV takes from the environment only; the user's own win."""
    # Over UDP, lost packets smear faces.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    # Otherwise an opening that hangs holds a lock that every later one waits for. OpenCV has
    # it for FFmpeg before 4.0; the wheels carry newer ones.
    os.environ.setdefault("OPENCV_FFMPEG_IS_THREAD_SAFE", "1")
    # A lost camera is reported once, not by FFmpeg (-8: quiet) at every attempt.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


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
