"""A camera that is mounted another way than upright, and a picture that a mirror turned round."""

from dataclasses import replace

import cv2
import numpy as np

from accessctl.camera.source import Feed, Shot, Source
from accessctl.config.camera import CameraConfig
from accessctl.domain import Image

TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def oriented(image: Image, rotate: int, *, mirror: bool) -> Image:
    """RGB uint8 (H, W, 3), turned clockwise by `rotate` degrees (0, 90, 180 or 270) and then
    mirrored left to right."""
    turned = cv2.rotate(image, TURNS[rotate]) if rotate else image
    upright = cv2.flip(turned, 1) if mirror else turned
    return upright.astype(np.uint8, copy=False)


def upright_source(source: Source, config: CameraConfig) -> Source:
    """`source`, its pictures turned as `camera.rotate` and `camera.mirror` say."""
    if not config.rotate and not config.mirror:
        return source
    return OrientedSource(source, config.rotate, mirror=config.mirror)


class OrientedSource:
    """See Source; pictures come turned."""

    def __init__(self, inner: Source, rotate: int, *, mirror: bool) -> None:
        self._inner = inner
        self._rotate = rotate
        self._mirror = mirror

    @property
    def description(self) -> str:
        return self._inner.description

    @property
    def live(self) -> bool:
        return self._inner.live

    @property
    def endless(self) -> bool:
        return self._inner.endless

    def open(self) -> Feed:
        """CameraError as the camera's own."""
        return _OrientedFeed(self._inner.open(), self._rotate, self._mirror)


class _OrientedFeed:
    def __init__(self, inner: Feed, rotate: int, mirror: bool) -> None:
        self._inner = inner
        self._rotate = rotate
        self._mirror = mirror

    def read(self) -> Shot | None:
        shot = self._inner.read()
        if shot is None:
            return None
        return replace(shot, image=oriented(shot.image, self._rotate, mirror=self._mirror))

    def close(self) -> None:
        self._inner.close()
