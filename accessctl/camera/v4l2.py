"""What the kernel says about a video device, where OpenCV only says "not opened".

Numbers and layouts from the kernel's `videodev2.h`.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from accessctl.errors import CameraError

QUERYCAP, CAPABILITY = 0x80685600, struct.Struct("16s32s32sIII12x")
REQBUFS, BUFFER_REQUEST = 0xC0145608, struct.Struct("IIII4x")
DEVICE_CAPS = 0x80000000
CAPTURES = 0x00000001 | 0x00001000
"""Pictures in one plane or in several."""

CAPTURE_QUEUE, MEMORY_MAPPED = 1, 1

Ioctl: TypeAlias = Callable[[int, int, bytearray], object]


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
