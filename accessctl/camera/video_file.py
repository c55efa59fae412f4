"""A video file played as if it were a camera."""

from dataclasses import dataclass
from pathlib import Path

import cv2

from accessctl.camera.capture import Capture, CaptureFactory, open_capture, read_rgb
from accessctl.camera.source import Shot
from accessctl.errors import CameraError

DEFAULT_FPS = 25.0
MIN_FPS, MAX_FPS = 0.1, 1000.0
MIN_STEP_S = 0.001
LONGEST_S = 1e7


def media_time(stamp_ms: float, fps: float, previous: float | None) -> float:
    """Seconds since the start for a frame that the file stamps `stamp_ms`.

    Files with broken stamps exist: one that does not move on (or lies months away) becomes
    one frame period after the `previous` time, so that time always rises.
    """
    stamp = stamp_ms / 1000
    if previous is None:
        return stamp if 0 <= stamp < LONGEST_S else 0.0
    if previous + MIN_STEP_S <= stamp < LONGEST_S:
        return stamp
    return previous + 1 / fps


def usable_fps(stated: float) -> float:
    """The frame rate a file states, or 25 where that is not a rate."""
    return stated if MIN_FPS <= stated <= MAX_FPS else DEFAULT_FPS


def unplayable(path: Path) -> CameraError:
    return CameraError(
        f"{path} cannot be played as a video; give a file that FFmpeg reads, such as MP4."
    )


class VideoFeed:
    def __init__(self, capture: Capture, path: Path) -> None:
        self._capture = capture
        self._path = path
        self._fps = usable_fps(capture.get(cv2.CAP_PROP_FPS))
        self._media: float | None = None

    def read(self) -> Shot | None:
        image = read_rgb(self._capture)
        if image is None:
            if self._media is None:
                raise unplayable(self._path)
            return None
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        self._media = media_time(stamp, self._fps, self._media)
        return Shot(image, self._media)

    def close(self) -> None:
        self._capture.release()


@dataclass(frozen=True, slots=True)
class VideoFileSource:
    """The video at `path`: at its own rate, or `fast`, every frame as soon as it is wanted."""

    path: Path
    fast: bool = False
    factory: CaptureFactory = open_capture
    endless: bool = False

    @property
    def live(self) -> bool:
        return not self.fast

    @property
    def description(self) -> str:
        return f"video file {self.path}"

    def open(self) -> VideoFeed:
        try:
            # An absolute path cannot be mistaken for one of FFmpeg's protocols ("concat:...").
            capture = self.factory(str(self.path.absolute()), cv2.CAP_FFMPEG, ())
        except cv2.error:
            raise unplayable(self.path) from None
        if not capture.isOpened():
            capture.release()
            raise unplayable(self.path)
        return VideoFeed(capture, self.path)
