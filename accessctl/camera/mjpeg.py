"""Cameras that send one JPEG after another, decoded here.

OpenCV's FFmpeg squeezes every later picture into the size of the first one: a face would be
distorted from the moment somebody sets the camera to another shape.
"""

from typing import Any

import cv2
import numpy as np

from accessctl.camera.capture import Capture

MJPG = int.from_bytes(b"MJPG", "little")
# So many in a row are no accident: the camera counts as broken.
MAX_DAMAGED = 30
RAW = -1


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
    """BGR uint8 (H, W, 3) of a JPEG in uint8 of any shape; None for what is no whole one."""
    try:
        return cv2.imdecode(np.ravel(jpeg), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None


def following_the_size(capture: Capture) -> Capture:
    """`capture`, opened and not yet read from; as a JpegCapture where it sends JPEGs."""
    if int(capture.get(cv2.CAP_PROP_FOURCC)) != MJPG:
        return capture
    return JpegCapture(capture) if capture.set(cv2.CAP_PROP_FORMAT, RAW) else capture
