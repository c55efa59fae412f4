"""Which piece of hardware stands behind a video device, as the kernel's sysfs tells.

A program can show a door any picture through a device that is no hardware; and the first
camera need not be the one that was there yesterday.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from accessctl.camera.v4l2 import ask_driver
from accessctl.config_camera import CameraConfig
from accessctl.errors import CameraError

SYSFS = Path("/sys")

VIRTUAL_PLACES = ("virtual", "vhci_hcd", "dummy_hcd")
"""Folders of sysfs that hold what is no hardware: software devices, USB over network and
USB gadgets of the computer itself."""

VIRTUAL_DRIVERS = ("v4l2 loopback", "v4l2loopback", "vivid", "vimc", "vim2m", "akvcam", "visl")
LONGEST = 128


@dataclass(frozen=True, slots=True)
class Identity:
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


def identity_of(entry: Path, driver_says: str | None = None) -> Identity:
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
    return Identity(
        node=entry.name,
        usb_id=None if usb is None else f"{_read(usb / 'idVendor')}:{_read(usb / 'idProduct')}",
        serial=None if usb is None else _read(usb / "serial"),
        product=_read(entry / "name") if usb is None else _read(usb / "product"),
        driver=driver,
        virtual=bool(places & set(VIRTUAL_PLACES))
        or any(name.startswith(VIRTUAL_DRIVERS) for name in names),
    )


def identify(device: str, sysfs: Path = SYSFS) -> Identity:
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


def objection(identity: Identity, config: CameraConfig) -> str | None:
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


Identify = Callable[[str], Identity]


def _read(file: Path) -> str | None:
    """The first line of a file of sysfs; printable, because a device may claim any name."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(LONGEST)
    except OSError:
        return None
    text = raw.decode("utf-8", "replace").split("\n", 1)[0].strip()
    return "".join(letter if letter.isprintable() else "?" for letter in text) or None
