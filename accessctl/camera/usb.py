"""USB cameras, through Video4Linux."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from accessctl.camera.capture import Capture, CaptureFactory, open_capture, read_rgb
from accessctl.camera.source import Shot
from accessctl.config_camera import CameraConfig
from accessctl.errors import CameraError

SYSFS = Path("/sys/class/video4linux")
NO_CAMERA = (
    "No camera is attached; plug one in, or name one with --source (for instance --source demo)."
)


def first_usb_camera(sysfs: Path = SYSFS) -> str | None:
    """Device of the attached capture camera with the lowest number, or None.

    A camera shows up as several /dev/video*; index 0 is the one that gives pictures, the
    others carry metadata.
    """
    numbers = sorted(
        int(entry.name.removeprefix("video"))
        for entry in sysfs.glob("video*")
        if entry.name.removeprefix("video").isdecimal() and _index(entry) == "0"
    )
    return f"/dev/video{numbers[0]}" if numbers else None


def _index(entry: Path) -> str | None:
    try:
        return (entry / "index").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def locate_first() -> str:
    """Device of the first USB camera; raises CameraError when there is none."""
    device = first_usb_camera()
    if device is None:
        raise CameraError(NO_CAMERA)
    return device


@dataclass(frozen=True, slots=True)
class UsbFeed:
    capture: Capture
    device: str

    def read(self) -> Shot:
        image = read_rgb(self.capture)
        if image is not None:
            return Shot(image)
        if not Path(self.device).exists():
            raise CameraError(f"Camera {self.device} was unplugged; plug it in again.")
        raise CameraError(
            f"Camera {self.device} stopped sending pictures; check its cable and that no other "
            "program uses it."
        )

    def close(self) -> None:
        self.capture.release()


@dataclass(frozen=True, slots=True)
class UsbSource:
    """The camera at `device`, or with None the first one attached when it is opened.

    A camera that was unplugged may come back under another number; `None` follows it.
    """

    device: str | None
    config: CameraConfig
    factory: CaptureFactory = open_capture
    locate: Callable[[], str] = locate_first
    live: bool = True
    endless: bool = True

    @property
    def description(self) -> str:
        return f"USB camera {self.device}" if self.device else "the first USB camera"

    def open(self) -> UsbFeed:
        device = self.device or self.locate()
        _check_reachable(device)
        try:
            capture = self.factory(device, cv2.CAP_V4L2, ())
        except cv2.error:
            raise _busy(device) from None
        if not capture.isOpened():
            capture.release()
            raise _busy(device)
        # Uncompressed 720p does not fit through USB 2 at 15 fps; MJPG must be asked for first.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self.config.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self.config.height)
        capture.set(cv2.CAP_PROP_FPS, self.config.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return UsbFeed(capture, device)


def _check_reachable(device: str) -> None:
    if not Path(device).exists():
        raise CameraError(
            f"There is no camera at {device}; plug it in, or list what is attached with "
            "`ls /dev/video*`."
        )
    if not os.access(device, os.R_OK | os.W_OK):
        raise CameraError(
            f"Camera {device} may not be used by this user; add it to the `video` group "
            "(`sudo usermod -aG video $USER`) and log in again."
        )


def _busy(device: str) -> CameraError:
    return CameraError(
        f"Camera {device} is busy or is not a camera; end the program that uses it "
        f"(`fuser {device}` names it)."
    )
