"""The part of cv2.VideoCapture that the sources use, so that tests can stand in for it.

The pictures of a camera that sends one JPEG after another are decoded here: OpenCV's FFmpeg
squeezes every later picture into the size of the first one, so a face would be distorted from the
moment somebody sets the camera to another shape. A JPEG that would take minutes to decode is told
from its bytes, whatever a library calls it: a decoder goes over the whole picture once for each
scan, and a scan takes a few bytes.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np

from accessctl.domain import Image

MJPG = int.from_bytes(b"MJPG", "little")

# So many in a row are no accident: the camera counts as broken.
MAX_DAMAGED = 30
RAW = -1

MAX_SCANS = 100
"""Of a JPEG that is decoded; progressive photos have about ten."""

MAX_STREAMS = 32
"""JPEGs inside one file of another kind; HEIF may hold them."""

START_OF_IMAGE = b"\xff\xd8\xff"
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9

# Markers without a length after them: TEM, RST0 to RST7, SOI; and a stuffed zero.
BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})


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


class JpegCapture:
    """`inner`, which gives JPEGs as they came, with its pictures decoded to BGR.

    A damaged picture is passed over.
    """

    def __init__(self, inner: Capture) -> None:
        self._inner = inner

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._inner.isOpened()

    def read(self) -> tuple[bool, Any]:
        for _ in range(MAX_DAMAGED):
            found, packet = self._inner.read()
            if not found or packet is None:
                break
            picture = decoded(packet)
            if picture is not None:
                return True, picture
        return False, None

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        return self._inner.get(propId)

    def set(self, propId: int, value: float) -> bool:  # noqa: N803 - OpenCV's name
        return self._inner.set(propId, value)

    def release(self) -> None:
        self._inner.release()


def decoded(jpeg: Any) -> Any:
    """BGR uint8 (H, W, 3) of a JPEG in uint8 of any shape; None for what is no whole one, or would
    take very long to decode."""
    if would_take_long(np.ravel(jpeg).tobytes()):
        return None
    try:
        return cv2.imdecode(np.ravel(jpeg), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None


def following_the_size(capture: Capture) -> Capture:
    """`capture`, opened and not yet read from; as a JpegCapture where it sends JPEGs."""
    if int(capture.get(cv2.CAP_PROP_FOURCC)) != MJPG:
        return capture
    return JpegCapture(capture) if capture.set(cv2.CAP_PROP_FORMAT, RAW) else capture


def would_take_long(data: bytes) -> bool:
    """Whether there is a JPEG in `data`, at its beginning or further on, of too many scans."""
    if data.startswith(START_OF_IMAGE[:2]):
        return scans_of(data) > MAX_SCANS
    at, streams = data.find(START_OF_IMAGE), 0
    while at >= 0:
        streams += 1
        if streams > MAX_STREAMS or scans_of(data, at) > MAX_SCANS:
            return True
        at = data.find(START_OF_IMAGE, at + 1)
    return False


def scans_of(data: bytes, start: int = 0) -> int:
    """Scans before the end of the image that begins at `start`, of damaged bytes those that a
    decoder would find; counting ends after MAX_SCANS."""
    count, at = 0, start
    while count <= MAX_SCANS:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            break
        marker = data[at + 1]
        if marker == END_OF_IMAGE:
            break
        if marker == 0xFF:
            # Fill bytes before a marker.
            at += 1
        elif marker in BARE:
            at += 2
        else:
            count += marker == START_OF_SCAN
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return count
