"""Cameras, looked at for a few seconds: which are attached, whether the door's opens, how fast it
really is, and whether there is light.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from accessctl.camera.choose import infrared_config, infrared_source, source_from
from accessctl.camera.health import FEW, snapshot_address
from accessctl.camera.light import brightness
from accessctl.camera.reader import Reader
from accessctl.camera.source import Source
from accessctl.camera.usb import Locate, UsbSource, attached, locate_first
from accessctl.camera.usb_device import CameraIdentity
from accessctl.config import Config
from accessctl.config.camera import CameraConfig
from accessctl.domain import Face, Image
from accessctl.errors import CameraError
from accessctl.service.checks import Finding, failure, ok, warning
from accessctl.service.statistics import ON_ITS_SIDE_ADVICE, UPSIDE_DOWN_ADVICE
from accessctl.vision.landmarks import UPSIDE_DOWN

LOOK_S = 3.0
# Each frame is one in so many rows and columns: enough for its mean.
BLACK, DARK, BRIGHT = 0.02, 0.12, 0.9
SLOW = 0.7
SLOWEST_INFRARED = 4.0
LATE_S = 0.5

LISTING_S = 1.5
Found = Callable[[], Iterator[tuple[str, CameraIdentity]]]


@dataclass(frozen=True, slots=True)
class CameraSample:
    """A few seconds of a camera: frames a second, size in pixels, mean brightness in [0, 1], and
    the last picture, RGB uint8 (H, W, 3)."""

    fps: float
    width: int
    height: int
    brightness: float
    picture: Image | None = None


def check_camera(
    config: CameraConfig,
    faces: Callable[[Image], Sequence[Face]] | None = None,
    *,
    locate: Locate = locate_first,
) -> Iterator[Finding]:
    """Raises CameraError or SourceError for a camera that gives no pictures.

    `faces` finds those of a picture; without it nobody can tell whether they are upright.
    """
    source = source_from(config.source, config, locate=locate)
    found = look(source, config)
    yield from judged(found, source, config)
    if faces is not None and found.picture is not None:
        yield upright(faces(found.picture))


def upright(faces: Sequence[Face]) -> Finding:
    """Whether the faces in a picture of the camera stand on their heads."""
    seen = [face.quality.reasons for face in faces]
    if any(UPSIDE_DOWN in reasons for reasons in seen):
        return failure("upright", UPSIDE_DOWN_ADVICE)
    if any(not reasons for reasons in seen):
        return ok("upright", "A face in the picture is upright.")
    return ok("upright", "Not looked at: nobody stands before the camera, who would show it.")


def check_infrared(
    config: Config, source_beside: Callable[..., Source] = infrared_source
) -> Iterator[Finding]:
    """The infrared camera, if the configuration names one; raises as `check_camera` does."""
    spec, camera = config.liveness.infrared, config.camera
    if spec is None:
        return
    first = source_from(camera.source, camera, patient=True)
    source = source_beside(spec, camera, first, fast=False)
    found = look(source, infrared_config(spec, camera))
    said = f"{source.description}: {found.width}x{found.height} at {found.fps:.1f} frames a second"
    if found.brightness < BLACK:
        yield warning(
            "infrared", f"{said}, and black; is its lamp on? Nobody is found alive without it."
        )
    elif found.fps < SLOWEST_INFRARED:
        yield warning(
            "infrared",
            f"{said}; less than {SLOWEST_INFRARED:g} are too few to tell anything by.",
        )
    else:
        yield ok("infrared", f"{said}.")


def look(
    source: Source,
    config: CameraConfig,
    *,
    seconds: float = LOOK_S,
    clock: Callable[[], float] = time.monotonic,
) -> CameraSample:
    """Watch `source` for `seconds` after its first picture; CameraError when none comes."""
    lost: list[str] = []
    gone = threading.Event()

    def on_event(state: str, detail: str) -> None:
        if state == "lost":
            lost.append(detail)
            gone.set()

    seen: list[tuple[float, int]] = []
    lights: list[float] = []
    size, picture = (0, 0), None
    with Reader(source, config, on_event=on_event) as reader:
        until = clock() + config.open_timeout_s
        while clock() < until and not gone.is_set() and not reader.ended:
            frame = reader.next(0.1)
            if frame is None:
                continue
            if not seen:
                until = clock() + seconds
            size, picture = (frame.image.shape[1], frame.image.shape[0]), frame.image
            seen.append((frame.captured, frame.sequence))
            lights.append(brightness(frame.image))
    if lost and 0 < len(seen) <= FEW and "://" in config.source:
        raise CameraError(snapshot_address(source.description, len(seen)))
    if lost:
        raise CameraError(lost[0])
    if not seen:
        raise CameraError(f"{source.description} sent no picture; check its power and its cable.")
    return CameraSample(_rate(seen), *size, float(np.median(lights)), picture)


def judged(found: CameraSample, source: Source, config: CameraConfig) -> Iterator[Finding]:
    said = f"{source.description}: {found.width}x{found.height} at {found.fps:.1f} frames a second"
    is_usb = source.live and "://" not in config.source
    if is_usb and found.fps < SLOW * config.fps:
        yield warning(
            "camera",
            f"{said}, where {config.fps:g} were asked for; give it more light, or ask for a "
            "smaller camera.width and camera.height.",
        )
    elif is_usb and (found.width, found.height) != _asked(config):
        yield warning(
            "camera",
            f"{said}, where {config.width}x{config.height} was asked for; set camera.width and "
            "camera.height to what it can do.",
        )
    else:
        yield ok("camera", f"{said}.")
    yield light(found.brightness)


def _asked(config: CameraConfig) -> tuple[int, int]:
    turned = config.rotate in (90, 270)
    return (config.height, config.width) if turned else (config.width, config.height)


def light(mean: float) -> Finding:
    """`mean` brightness in [0, 1]."""
    said = f"The picture's mean brightness is {100 * mean:.0f} %"
    if mean < BLACK:
        return failure("light", f"{said}: it is black; take the cap off and switch on a light.")
    if mean < DARK:
        return warning("light", f"{said}: too dark to know faces by; add light at the door.")
    if mean > BRIGHT:
        return warning("light", f"{said}: too bright; turn the camera away from the light.")
    return ok("light", f"{said}.")


def of_running_door(report: Mapping[str, Any]) -> Iterator[Finding]:
    """The camera as the running door reports it, which keeps it for itself."""
    camera = report["camera"]
    name = camera.get("description", "the camera")
    if camera["error"]:
        yield failure("camera", f"The running door has lost it: {camera['error']}")
    elif camera["state"] != "watching":
        yield warning("camera", f"The running door waits for the first picture of {name}.")
    else:
        yield ok(
            "camera",
            f"{name}: {camera['width']}x{camera['height']} at {camera['fps']:.1f} frames a second, "
            "says the running door.",
        )
    if camera.get("failed"):
        yield warning("frames", f"The door failed on {camera['failed']} frames; its log says why.")
    if (camera.get("behind_s") or 0.0) >= LATE_S:
        yield warning(
            "delay",
            f"Pictures come {camera['behind_s']:.1f} s later than they did; relieve the machine or "
            "the network.",
        )
    if camera.get("upside_down"):
        yield failure("upright", UPSIDE_DOWN_ADVICE)
    if camera.get("on_its_side"):
        yield warning("upright", ON_ITS_SIDE_ADVICE)
    if still := report.get("scenery"):
        found = "1 face in view does" if still == 1 else f"{still} faces in view do"
        yield warning(
            "furniture",
            f"{found} not move and count as no visitor; take pictures down or turn the camera away "
            "from them.",
        )


def infrared_of_running_door(report: Mapping[str, Any]) -> Iterator[Finding]:
    """The infrared camera as the running door reports it, if it has one."""
    infrared = report.get("infrared")
    if infrared is None:
        return
    if infrared["error"]:
        yield failure(
            "infrared",
            f"The running door finds nobody alive without it: {infrared['error']}",
        )
    else:
        yield ok("infrared", f"{infrared['description']} shows something, says the running door.")


def _rate(seen: Sequence[tuple[float, int]]) -> float:
    """By the sequence numbers, so that frames nobody took count too."""
    (first, began), (last, ended) = seen[0], seen[-1]
    return (ended - began) / (last - first) if last > first else 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """One camera; `seen` is what its pictures were like just now, and where it gave none,
    `problem` says why."""

    device: str
    identity: CameraIdentity
    seen: CameraSample | None
    problem: str | None


def cameras(
    config: CameraConfig, *, found: Found = attached, look: Callable[..., CameraSample] = look
) -> Iterator[Listed]:
    """Every attached camera, opened for a moment as a door with `config` would open it.

    Which one it must be (`camera.usb_id`) does not matter here; a virtual one is not opened
    unless `config` allows it. A camera in use gives no picture to a second program.
    """
    asked = config.model_copy(update={"usb_id": None, "usb_serial": None})
    for device, identity in found():
        source = UsbSource(device, asked, pinned=None)
        try:
            yield Listed(device, identity, look(source, asked, seconds=LISTING_S), None)
        except CameraError as error:
            yield Listed(device, identity, None, str(error))
