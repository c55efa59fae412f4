"""What OpenCV's FFmpeg plays: network cameras (RTSP, HTTP with MJPEG) and video files.

A video file is played as if it were a camera.

A network camera may fall behind. Its stream says of each picture when it was taken, on a clock of
the camera's own whose beginning nobody knows. So the delay itself cannot be told, only how much it
has grown: by how much more the door's clock has gone on than the stream's, against the best of the
last minutes.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from accessctl.camera.capture import (
    Capture,
    CaptureFactory,
    following_the_size,
    open_capture,
    read_rgb,
)
from accessctl.camera.health import MAX_OPEN_DOUBLINGS
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError
from accessctl.redaction import redact

WINDOW_S = 600.0
"""The best of the last so many seconds counts: clocks drift apart by some hundredths of a second in
it, whatever they do in a month."""

STEP_S = 1.0
"""The best is kept for every so many seconds."""

LONGEST_JUMP_S = 3600.0
"""A stamp that leaps further, or runs back, begins another reckoning."""

DEFAULT_FPS = 25.0
MIN_FPS, MAX_FPS = 0.1, 1000.0
MIN_STEP_S = 0.001
LONGEST_S = 1e7
TIMED = ("rtsp://", "rtsps://")


class StreamDelay:
    """How far the pictures of one connection have fallen behind; fed with every one of them."""

    def __init__(self) -> None:
        self._best: deque[tuple[float, float]] = deque()
        self._last: float | None = None

    def note(self, stamp: float, now: float) -> float:
        """Seconds by which the picture stamped `stamp` by the stream is later than the best were.

        `now` is monotonic, in seconds. 0 for a stream whose stamps do not go on.
        """
        before, self._last = self._last, stamp
        if before is None or not 0 < stamp - before < LONGEST_JUMP_S:
            self._best.clear()
            return 0.0
        late = now - stamp
        while self._best and now - self._best[0][0] > WINDOW_S:
            self._best.popleft()
        if not self._best or now - self._best[-1][0] >= STEP_S:
            self._best.append((now, late))
        elif late < self._best[-1][1]:
            self._best[-1] = self._best[-1][0], late
        return late - min(one for _, one in self._best)


@dataclass(frozen=True, slots=True)
class StreamFeed:
    """`delay` None: what the stream says of its time is worth nothing."""

    capture: Capture
    shown: str
    delay: StreamDelay | None = None
    max_delay_s: float = 0.0
    clock: Callable[[], float] = time.monotonic

    def read(self) -> Shot:
        image = read_rgb(self.capture)
        if image is None:
            raise CameraError(
                f"{self.shown} stopped sending pictures; check the camera and the network."
            )
        return Shot(image, behind_s=self._behind_s())

    def _behind_s(self) -> float:
        if self.delay is None:
            return 0.0
        stamp = self.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        behind_s = self.delay.note(stamp, self.clock())
        if self.max_delay_s and behind_s > self.max_delay_s:
            raise CameraError(
                f"{self.shown} has fallen {behind_s:.1f} s behind; relieve the machine or the "
                "network, ask the camera for fewer or smaller pictures, or raise "
                "camera.max_delay_s."
            )
        return behind_s

    def close(self) -> None:
        self.capture.release()


@dataclass(frozen=True, slots=True, repr=False)
class StreamSource:
    """The network camera at `url`, which may hold a password and is never shown."""

    url: str
    config: CameraConfig
    factory: CaptureFactory = open_capture
    clock: Callable[[], float] = time.monotonic
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
        # Only RTSP carries the camera's own time; of MJPEG over HTTP FFmpeg makes one up.
        timed = self.url.lower().startswith(TIMED)
        return StreamFeed(
            following_the_size(capture),
            self.description,
            StreamDelay() if timed else None,
            self.config.max_delay_s,
            self.clock,
        )

    def _unreachable(self) -> CameraError:
        return CameraError(
            f"Cannot open the {self.description}; check its address, user and password, and "
            "that it is switched on."
        )


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
