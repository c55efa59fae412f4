"""Where the preview is shown: a window, a video file, or both."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import cv2

from accessctl.bundled import asset
from accessctl.domain import Image
from accessctl.errors import DisplayError

TITLE = "accessctl"
# Told instead of a key once the window has been closed; no key has this number.
CLOSED = 256
PROBE = "import cv2; cv2.namedWindow('probe', cv2.WINDOW_NORMAL)"
PROBE_TIMEOUT_S = 20


class Screen(Protocol):
    def show(self, image: Image) -> int | None:
        """Show an RGB image; the key pressed meanwhile if any, or CLOSED."""

    def close(self) -> None: ...


def require_display(environ: Mapping[str, str] = os.environ) -> None:
    """DisplayError where no window can be opened.

    The window library ends the whole process when it finds no display, so another
    process tries it first.
    """
    missing = not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    if missing or not _probe(environ):
        raise DisplayError(
            "There is no display to open a window on; "
            "write the preview to a file instead: accessctl preview --record out.mp4"
        )


def _probe(environ: Mapping[str, str]) -> bool:
    try:
        tried = subprocess.run(  # noqa: S603 - our own interpreter, a constant program
            [sys.executable, "-c", PROBE],
            env=dict(environ),
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


class PreviewWindow:
    """An OpenCV window."""

    def __init__(self) -> None:
        # OpenCV's own Qt looks for fonts in a folder that its wheel leaves out.
        os.environ["QT_QPA_FONTDIR"] = str(asset("DejaVuSans.ttf").parent)
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        self._shown = False

    def show(self, image: Image) -> int | None:
        if not self._shown:
            cv2.resizeWindow(TITLE, image.shape[1], image.shape[0])
        elif not _is_open():
            return CLOSED
        cv2.imshow(TITLE, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self._shown = True
        key = cv2.waitKey(1)
        return None if key < 0 else key & 0xFF

    def close(self) -> None:
        if _is_open():
            cv2.destroyWindow(TITLE)


def _is_open() -> bool:
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:
        # What OpenCV says when the window was the last one and somebody closed it.
        return False


class Recording:
    """An MP4 file, at the rate given; frames of another size are scaled to the first.

    The video library says nothing of a disk that is full: `close` reads how much is there.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0

    def show(self, image: Image) -> int | None:
        if self._writer is None:
            self._size = (image.shape[1], image.shape[0])
            self._writer = self._opened()
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        if (image.shape[1], image.shape[0]) != self._size:
            bgr = cv2.resize(bgr, self._size)
        self._writer.write(bgr)
        self._written += 1
        return None

    def close(self) -> None:
        """DisplayError where the file holds fewer pictures than were shown."""
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        kept = _pictures_in(self._path)
        if kept < self._written:
            raise DisplayError(
                f"The video {self._path} is broken: it holds {kept} of {self._written} pictures; "
                "make room on its disk and record again."
            )

    def _opened(self) -> cv2.VideoWriter:
        fourcc = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._path), cv2.CAP_FFMPEG, fourcc, self._fps, self._size)
        try:
            if writer.isOpened():
                # Still empty; what comes is for its owner's eyes only.
                self._path.chmod(0o600)
                return writer
        except OSError:
            writer.release()
        raise DisplayError(
            f"Cannot write a video to {self._path}; name a .mp4 file in a writable folder."
        )


def _pictures_in(path: Path) -> int:
    """How many pictures a video says that it holds; 0 for what is none."""
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        return int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
    finally:
        video.release()


def open_window() -> PreviewWindow:
    """DisplayError where there is no display to open it on."""
    require_display()
    return PreviewWindow()


class Screens:
    """Several at once; the first key pressed on any counts."""

    def __init__(self, screens: list[Screen]) -> None:
        self._screens = screens

    def show(self, image: Image) -> int | None:
        keys = [screen.show(image) for screen in self._screens]
        return next((key for key in keys if key is not None), None)

    def close(self) -> None:
        # Each is closed, also where the one before it fails.
        with ExitStack() as stack:
            for screen in reversed(self._screens):
                stack.callback(screen.close)
