"""USB cameras, through Video4Linux."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from accessctl.camera.capture import Capture, CaptureFactory, open_capture, read_rgb
from accessctl.camera.source import Shot
from accessctl.camera.usb_device import (
    SYSFS,
    CameraIdentity,
    Identify,
    identify,
    identity_of,
    objection,
    why_not,
)
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

logger = logging.getLogger(__name__)

NO_CAMERA = (
    "No camera is attached; plug one in, or name one as camera.source or with --source (for "
    "instance demo)."
)


def attached(sysfs: Path = SYSFS) -> Iterator[tuple[str, CameraIdentity]]:
    """Device and identity of each attached capture camera, the lowest number first.

    A camera shows up as several /dev/video*; index 0 is the one that gives pictures, the
    others carry metadata.
    """
    nodes = {
        int(entry.name.removeprefix("video")): entry
        for entry in (sysfs / "class/video4linux").glob("video*")
        if entry.name.removeprefix("video").isdecimal() and _index(entry) == "0"
    }
    for number in sorted(nodes):
        yield f"/dev/video{number}", identity_of(nodes[number])


def first_usb_camera(config: CameraConfig | None = None, sysfs: Path = SYSFS) -> str | None:
    """Device of the first attached camera that `config` lets be opened, or None."""
    config = config or CameraConfig()
    allowed = (device for device, who in attached(sysfs) if objection(who, config) is None)
    return next(allowed, None)


def _index(entry: Path) -> str | None:
    try:
        return (entry / "index").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def locate_first(config: CameraConfig, sysfs: Path = SYSFS) -> str:
    """The same; raises CameraError, in one sentence, when there is none."""
    device = first_usb_camera(config, sysfs)
    if device is None:
        for other, who in attached(sysfs):
            raise CameraError(f"Camera {other} {objection(who, config)}.")
        raise CameraError(NO_CAMERA)
    return device


Locate = Callable[[CameraConfig], str]
"""Gives the device of the first camera that may be opened; CameraError where there is none."""


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

    A camera that was unplugged may come back under another number; `None` follows it. Only a
    camera to which `config` has no objection is opened; which one it is, is logged once.
    """

    device: str | None
    config: CameraConfig
    factory: CaptureFactory = open_capture
    locate: Locate = locate_first
    identify: Identify = identify
    live: bool = True
    endless: bool = True
    pinned: str | None = "camera.usb_id"
    """The setting that pins down which camera is opened, if there is one."""
    announced: set[CameraIdentity] = field(default_factory=set, compare=False)

    @property
    def description(self) -> str:
        return f"USB camera {self.device}" if self.device else "the first USB camera"

    def open(self) -> UsbFeed:
        device = self.device or self.locate(self.config)
        _check_reachable(device)
        identity = self._admitted(device)
        try:
            capture = self.factory(device, cv2.CAP_V4L2, ())
        except cv2.error:
            raise why_not(device) from None
        if not capture.isOpened():
            capture.release()
            raise why_not(device)
        if self.identify(device) != identity:
            capture.release()
            raise CameraError(f"Camera {device} was exchanged for another one as it was opened.")
        self._announce(device, identity)
        # Uncompressed 720p does not fit through USB 2 at 15 fps; MJPG must be asked for first.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self.config.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self.config.height)
        capture.set(cv2.CAP_PROP_FPS, self.config.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return UsbFeed(capture, device)

    def _admitted(self, device: str) -> CameraIdentity:
        identity = self.identify(device)
        problem = objection(identity, self.config)
        if problem is not None:
            raise CameraError(f"Camera {device} {problem}.")
        return identity

    def _announce(self, device: str, identity: CameraIdentity) -> None:
        if identity in self.announced:
            return
        self.announced.add(identity)
        logger.info("Camera %s is %s.", device, identity)
        if self.pinned and identity.usb_id is not None and self.config.usb_id is None:
            logger.info("To open no other camera, set %s: %s", self.pinned, identity.usb_id)


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
