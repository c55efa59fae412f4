"""Photographs held before a door's camera: flat, tilted, shaken, brought closer, bent."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from accessctl.camera.source import Shot
from accessctl.demo.scene import empty_room
from accessctl.demo.sheet import Sheet
from accessctl.domain import Face, Frame, Image
from accessctl.evaluation.rendered import Hand, bent_photo, moved_photo
from benchmarks.liveness_moved import drawn_hand

FPS, SECONDS = 15, 6
SIZE = (640, 360)
FACE_PX, WIDEST_PX = 110, 600
CLOSE = 1.35
"""How much larger than the picture a sheet is whose rim is not to be seen."""

CALM = 0.4
"""And with how much of the motion it is held."""

RADII = {"bent0.7": 0.7, "bent1": 1.0, "bent2": 2.0}
"""Radius of a bent sheet in face widths."""

MOTIONS = ("stand", "flat", "tilt", "shake", "approach", "sheet")
KINDS = (
    *(f"{motion}, rim" for motion in MOTIONS),
    *(f"{motion}, no rim" for motion in MOTIONS),
    *RADII,
)
EACH = 4
"""So many kinds are made of each photograph."""


@dataclass(frozen=True, slots=True)
class FramesSource:
    """A recording that is drawn as it is played."""

    make: Callable[[], Iterator[Frame]]
    description: str
    live: bool = False
    endless: bool = False

    def open(self) -> "FramesFeed":
        return FramesFeed(self.make())


class FramesFeed:
    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames

    def read(self) -> Shot | None:
        frame = next(self._frames, None)
        return None if frame is None else Shot(frame.image, frame.captured)

    def close(self) -> None:
        self._frames = iter(())


def photo_names(data: Path) -> list[str]:
    """The portraits in photos.zip, in order."""
    with zipfile.ZipFile(data / "photos.zip") as archive:
        return sorted(name for name in archive.namelist() if name.startswith("live/"))


def read_photo(data: Path, name: str) -> Image:
    """RGB uint8 (H, W, 3)."""
    with zipfile.ZipFile(data / "photos.zip") as archive:
        raw = np.frombuffer(archive.read(name), np.uint8)
    image = cv2.imdecode(raw, cv2.IMREAD_COLOR_RGB)
    assert image is not None, name
    return image.astype(np.uint8)


def kinds_of(number: int) -> list[str]:
    """What is made of the photo of that number: each kind of as many photos."""
    return [KINDS[(EACH * number + step) % len(KINDS)] for step in range(EACH)]


def backdrop(size: tuple[int, int]) -> Image:
    """A still room of (width, height) pixels."""
    room = empty_room(0)
    scale = max(size[0] / room.shape[1], size[1] / room.shape[0])
    whole = cv2.resize(room, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (whole.shape[0] - size[1]) // 2, (whole.shape[1] - size[0]) // 2
    part = whole[max(0, top) :, max(0, left) :]
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def presented(photo: Image, face: Face, kind: str, seed: int) -> FramesSource:
    """`photo`, in which `face` was found, shown as `kind` says."""
    hand = held(kind.partition(",")[0], np.random.default_rng(seed))
    if kind.endswith("no rim"):
        hand = replace(
            hand,
            shift=CALM * hand.shift,
            closer=CALM * hand.closer,
            yaw=CALM * hand.yaw,
            pitch=CALM * hand.pitch,
            roll=CALM * hand.roll,
        )
    size, rest = at_rest(photo, face, rim=not kind.endswith("no rim"))
    count = {"frames": FPS * SECONDS, "fps": FPS, "seed": seed}

    def make() -> Iterator[Frame]:
        if kind in RADII:
            middle = replace(rest, x=size[0] / 2, y=size[1] / 2)
            radius = RADII[kind] * face.box.w
            return bent_photo(photo, face.box.centre, radius, backdrop(size), middle, hand, **count)
        return moved_photo(photo, backdrop(size), rest, hand, **count)

    return FramesSource(make, f"a sheet ({kind})")


def held(motion: str, random: np.random.Generator) -> Hand:
    if motion == "stand":
        return Hand(0.0, 0.0, 0.0, 0.0, 0.0)
    if motion == "flat":
        # As still as a hand can: a hundredth of the width, a degree or two.
        phase, rate = random.uniform(0, 2 * np.pi), random.uniform(0.3, 0.8)
        return Hand(0.012, 0.006, yaw=1.5, pitch=1.5, roll=1.0, rate=rate, phase=phase)
    return drawn_hand(random, motion)


def at_rest(photo: Image, face: Face, *, rim: bool) -> tuple[tuple[int, int], Sheet]:
    """Size of the camera's picture (width, height), and where in it the sheet is held."""
    height, width = photo.shape[:2]
    if not rim:
        size = SIZE if width > height else (360, 480)
        scale = CLOSE * max(size[0] / width, size[1] / height)
        return size, Sheet(size[0] / 2, size[1] / 2, width * scale)
    across = min(WIDEST_PX, width * min(3.0, FACE_PX / face.box.w))
    scale = across / width
    x, y = face.box.centre
    middle = SIZE[0] / 2, SIZE[1] / 2
    rest = Sheet(middle[0] - (x - width / 2) * scale, middle[1] - (y - height / 2) * scale, across)
    return SIZE, rest
