"""Which piece of hardware stands behind a video device, and why it cannot be opened.

The kernel's sysfs tells what the device is: a program can show a door any picture through one that
is no hardware, and the first camera need not be the one that was there yesterday. Its ioctls tell
what OpenCV does not, which only says "not opened"; numbers and layouts are those of the kernel's
`videodev2.h`.
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

SYSFS = Path("/sys")

VIRTUAL_PLACES = ("virtual", "vhci_hcd", "dummy_hcd")
"""Folders of sysfs that hold what is no hardware: software devices, USB over network and
USB gadgets of the computer itself."""

VIRTUAL_DRIVERS = ("v4l2 loopback", "v4l2loopback", "vivid", "vimc", "vim2m", "akvcam", "visl")
LONGEST = 128

QUERYCAP, CAPABILITY = 0x80685600, struct.Struct("16s32s32sIII12x")
REQBUFS, BUFFER_REQUEST = 0xC0145608, struct.Struct("IIII4x")
DEVICE_CAPS = 0x80000000
CAPTURES = 0x00000001 | 0x00001000
"""Pictures in one plane or in several."""

CAPTURE_QUEUE, MEMORY_MAPPED = 1, 1
Ioctl: TypeAlias = Callable[[int, int, bytearray], object]


@dataclass(frozen=True, slots=True)
class CameraIdentity:
    """`usb_id` is "vendor:product" in lower-case hexadecimal digits, None when not on USB."""

    node: str
    usb_id: str | None
    serial: str | None
    product: str | None
    driver: str | None
    virtual: bool

    def __str__(self) -> str:
        if self.virtual:
            return f"a virtual device ({self.driver or 'no hardware behind it'})"
        if self.usb_id is None:
            return f"a built-in camera ({self.driver or 'unknown driver'})"
        serial = f", serial {self.serial}" if self.serial else ""
        return f"{self.product or 'a USB camera'} ({self.usb_id}{serial})"


def sysfs_entry(device: str, sysfs: Path = SYSFS) -> Path | None:
    """The entry of sysfs for a device file; None for what is no device.

    Found by the device's number, not its name: names are links that anybody with the
    rights may point elsewhere.
    """
    try:
        found = os.stat(device)
        if not stat.S_ISCHR(found.st_mode):
            return None
        number = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
        return (sysfs / "dev/char" / number).resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def identity_of(entry: Path, driver_says: str | None = None) -> CameraIdentity:
    """What sysfs knows about the video device at `entry`, such as
    /sys/devices/.../1-2:1.0/video4linux/video0.

    `driver_says` is the name the driver gives itself, for one that hides its link.
    """
    entry = entry.resolve()
    usb = next((folder for folder in entry.parents if (folder / "idVendor").is_file()), None)
    driver = driver_says
    link = entry / "device/driver"
    if link.exists():
        driver = link.resolve().name
    places = {part.split(".", 1)[0] for part in entry.parts}
    names = {name.lower() for name in (driver, driver_says) if name}
    return CameraIdentity(
        node=entry.name,
        usb_id=None if usb is None else f"{_read(usb / 'idVendor')}:{_read(usb / 'idProduct')}",
        serial=None if usb is None else _read(usb / "serial"),
        product=_read(entry / "name") if usb is None else _read(usb / "product"),
        driver=driver,
        virtual=bool(places & set(VIRTUAL_PLACES))
        or any(name.startswith(VIRTUAL_DRIVERS) for name in names),
    )


def identify(device: str, sysfs: Path = SYSFS) -> CameraIdentity:
    """Who the camera at `device` is; raises CameraError when that is no video device."""
    entry = sysfs_entry(device, sysfs)
    if entry is None or entry.parent.name != "video4linux":
        raise CameraError(
            f"{device} is not a video device that /sys knows; name another one with camera.source."
        )
    return identity_of(entry, _driver_name(device))


def _driver_name(device: str) -> str | None:
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        driver = ask_driver(descriptor)
        return None if driver is None else driver.name
    finally:
        os.close(descriptor)


def objection(identity: CameraIdentity, config: CameraConfig) -> str | None:
    """Why `config` forbids this camera; None when it may be opened."""
    if identity.virtual and not config.allow_virtual:
        return (
            f"is {identity}, through which any program can show the door any picture; "
            "name a real camera, or set camera.allow_virtual: true"
        )
    if config.usb_id is not None and identity.usb_id != config.usb_id.lower():
        return f"is {identity}, but camera.usb_id asks for {config.usb_id.lower()}"
    if config.usb_serial is not None and identity.serial != config.usb_serial:
        return f"is {identity}, but camera.usb_serial asks for {config.usb_serial}"
    return None


Identify = Callable[[str], CameraIdentity]


def _read(file: Path) -> str | None:
    """The first line of a file of sysfs; printable, because a device may claim any name."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(LONGEST)
    except OSError:
        return None
    text = raw.decode("utf-8", "replace").split("\n", 1)[0].strip()
    return "".join(letter if letter.isprintable() else "?" for letter in text) or None


@dataclass(frozen=True, slots=True)
class Driver:
    """`name` such as uvcvideo, `card` such as "HD Webcam C525"."""

    name: str
    card: str
    captures: bool


def ask_driver(descriptor: int, ioctl: Ioctl = fcntl.ioctl) -> Driver | None:
    """The driver of an open device; None when that is no video device."""
    answer = bytearray(CAPABILITY.size)
    try:
        ioctl(descriptor, QUERYCAP, answer)
    except OSError:
        return None
    name, card, _, _, all_nodes, this_node = CAPABILITY.unpack(answer)
    able = this_node if all_nodes & DEVICE_CAPS else all_nodes
    return Driver(_text(name), _text(card), bool(able & CAPTURES))


def in_use(descriptor: int, ioctl: Ioctl = fcntl.ioctl) -> bool:
    """Whether another program streams from an open device.

    Asking for no buffers changes nothing, but only whoever owns the stream may ask.
    """
    try:
        ioctl(
            descriptor, REQBUFS, bytearray(BUFFER_REQUEST.pack(0, CAPTURE_QUEUE, MEMORY_MAPPED, 0))
        )
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def why_not(device: str, ioctl: Ioctl = fcntl.ioctl) -> CameraError:
    """Why a camera that is there could not be opened, in one sentence."""
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return busy(device)
        return CameraError(
            f"Camera {device} cannot be opened ({error.strerror}); unplug it and plug it in again."
        )
    try:
        driver = ask_driver(descriptor, ioctl)
        if driver is None:
            return CameraError(f"{device} is not a camera; name another one with camera.source.")
        if not driver.captures:
            return CameraError(
                f"{device} of {driver.card} gives no pictures; a camera has several devices, "
                "try the one with the lowest number."
            )
        if in_use(descriptor, ioctl):
            return busy(device)
    finally:
        os.close(descriptor)
    return CameraError(
        f"Camera {device} ({driver.card}) does not start; unplug it and plug it in again."
    )


def busy(device: str) -> CameraError:
    return CameraError(
        f"Camera {device} is busy; end the program that uses it (`fuser {device}` names it)."
    )


def _text(raw: bytes) -> str:
    """Up to the first NUL; a device may claim any name, so only printable ASCII is kept."""
    letters = raw.split(b"\0", 1)[0].decode("ascii", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in letters).strip()
