"""Which cameras are attached, and what a picture of each is like."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from accessctl.camera.usb import UsbSource, attached
from accessctl.camera.usb_device import CameraIdentity
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError
from accessctl.service.checks.camera import Look, look

LOOK_S = 1.5

Found = Callable[[], Iterator[tuple[str, CameraIdentity]]]
LookAt = Callable[[str], Look]


@dataclass(frozen=True, slots=True)
class Listed:
    """One camera; `seen` is what its pictures were like just now, and where it gave none,
    `problem` says why."""

    device: str
    identity: CameraIdentity
    seen: Look | None
    problem: str | None


def cameras(
    config: CameraConfig, *, found: Found = attached, look_at: LookAt | None = None
) -> Iterator[Listed]:
    """Every attached camera, opened for a moment as a door with `config` would open it.

    Which one it must be (`camera.usb_id`) does not matter here; a virtual one is not opened
    unless `config` allows it. A camera in use gives no picture to a second program.
    """
    asked = config.model_copy(update={"usb_id": None, "usb_serial": None})
    seen_at = look_at or partial(_look_at, config=asked)
    for device, identity in found():
        try:
            yield Listed(device, identity, seen_at(device), None)
        except CameraError as error:
            yield Listed(device, identity, None, str(error))


def _look_at(device: str, config: CameraConfig) -> Look:
    return look(UsbSource(device, config, pinned=None), config, seconds=LOOK_S)
