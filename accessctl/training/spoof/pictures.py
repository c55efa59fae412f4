"""Pictures of living people to train on: what is around the face, where it is, and whose it is."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import cv2
import numpy as np

from accessctl.camera.video_file import VideoFileSource
from accessctl.domain import Box, Face, Frame, Image
from accessctl.errors import PhotoError
from accessctl.evaluation.photos import ZipPhotos

logger = logging.getLogger(__name__)

FindFaces: TypeAlias = Callable[[Image], Iterable[Box]]
"""The faces of an image."""

WIDEST_FACE = 180.0
"""A larger face is shrunk to so many pixels: the network sees 80, and what surrounds it."""

AROUND = 4.8
"""So many face sizes of the picture are kept."""

NARROWEST_FACE = 24.0
MOST_FRAMES_READ = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class FacePicture:
    """`image` uint8 RGB with one face at `box`; `group` says who or which film it is of, so that
    fitting and checking can be kept apart; `kind` is the sort of source."""

    image: Image
    box: Box
    group: str
    kind: str
    film: bool = False


def around(
    image: Image, box: Box, group: str, kind: str, *, film: bool = False
) -> FacePicture | None:
    """The part of an image that training needs; None for a face too small to learn from."""
    if box.w < NARROWEST_FACE:
        return None
    height, width = image.shape[:2]
    reach = AROUND * max(box.w, box.h) / 2
    x, y = box.centre
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    part = image[top : min(height, int(y + reach)), left : min(width, int(x + reach))]
    scale = min(1.0, WIDEST_FACE / box.w)
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    placed = Box((box.x - left) * scale, (box.y - top) * scale, box.w * scale, box.h * scale)
    return FacePicture(np.ascontiguousarray(part), placed, group, kind, film)


def photos(place: Path, look: FindFaces, kind: str, within: str = "") -> Iterator[FacePicture]:
    """The largest face of every photo that lies in the folder `within` of a zip file.

    Photos without one, and such as cannot be read, are passed over. Raises SourceError for what
    is no zip file.
    """
    archive = ZipPhotos(place)
    for name in archive.names:
        if not PurePosixPath(name).is_relative_to(within):
            continue
        try:
            image = archive.read(name)
        except PhotoError as error:
            logger.warning("%s", error)
            continue
        box = max(look(image), key=lambda one: one.area, default=None)
        found = None if box is None else around(image, box, _group_of(name, within), kind)
        if found is not None:
            yield found


def _group_of(name: str, within: str) -> str:
    """The folder that a photo lies in is its person; one in no folder below `within` is of a
    person of its own."""
    parent = PurePosixPath(name).parent
    return name if parent in {PurePosixPath(), PurePosixPath(within)} else parent.name


def film(
    path: Path, follow: Callable[[Frame], list[Face]], kind: str, every_s: float, most: int
) -> Iterator[FacePicture]:
    """The faces that `follow` finds in a film, every `every_s` seconds, in at most `most` frames.

    All of them are of the film's group. Raises CameraError for what is no film.
    """
    feed = VideoFileSource(path, fast=True).open()
    try:
        due, taken = 0.0, 0
        for sequence in range(MOST_FRAMES_READ):
            shot = feed.read()
            if shot is None or taken >= most:
                return
            media = shot.media or 0.0
            faces = follow(Frame(shot.image, media, sequence))
            if media < due or not faces:
                continue
            due, taken = media + every_s, taken + 1
            for face in faces:
                found = around(shot.image, face.box, path.stem, kind, film=True)
                if found is not None:
                    yield found
    finally:
        feed.close()
