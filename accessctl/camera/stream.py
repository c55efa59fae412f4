"""Network cameras: RTSP and HTTP (MJPEG), through OpenCV's FFmpeg."""

from dataclasses import dataclass

import cv2

from accessctl.camera.backoff import MAX_OPEN_DOUBLINGS
from accessctl.camera.capture import Capture, CaptureFactory, open_capture, read_rgb
from accessctl.camera.mjpeg import following_the_size
from accessctl.camera.redact import redact
from accessctl.camera.source import Shot
from accessctl.config_camera import CameraConfig
from accessctl.errors import CameraError


@dataclass(frozen=True, slots=True)
class StreamFeed:
    capture: Capture
    shown: str

    def read(self) -> Shot:
        image = read_rgb(self.capture)
        if image is None:
            raise CameraError(
                f"{self.shown} stopped sending pictures; check the camera and the network."
            )
        return Shot(image)

    def close(self) -> None:
        self.capture.release()


@dataclass(frozen=True, slots=True, repr=False)
class StreamSource:
    """The network camera at `url`, which may hold a password and is never shown."""

    url: str
    config: CameraConfig
    factory: CaptureFactory = open_capture
    live: bool = True
    endless: bool = True

    @property
    def description(self) -> str:
        return f"network camera {redact(self.url)}"

    def open(self) -> StreamFeed:
        timeouts = (
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            round(self.config.open_timeout_s * 2**MAX_OPEN_DOUBLINGS * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            round(self.config.read_timeout_s * 1000),
        )
        try:
            capture = self.factory(self.url, cv2.CAP_FFMPEG, timeouts)
        except cv2.error:
            raise self._unreachable() from None
        if not capture.isOpened():
            capture.release()
            raise self._unreachable()
        return StreamFeed(following_the_size(capture), self.description)

    def _unreachable(self) -> CameraError:
        return CameraError(
            f"Cannot open the {self.description}; check its address, user and password, and "
            "that it is switched on."
        )
