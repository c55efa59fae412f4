"""What the texture network is fitted to: pictures of living people, and the samples made of them.

A picture holds what is around a face, where it is, and whose it is. Samples are made once and kept
on disk, in pieces that a run that was broken off does not make again.
"""

import logging
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.camera.stream import VideoFileSource
from accessctl.domain import Box, Face, Frame, Image
from accessctl.errors import InputError, PhotoError, StoreError
from accessctl.evaluation.data import ZipPhotos
from accessctl.liveness.texture_card import Sampling

logger = logging.getLogger(__name__)

REACHES = (1.3, 2.7, 4.0)

SIZE = 80

SAMPLING: Sampling = "points"

LIVING = "living"

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


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """N samples: `crops` uint8 (N, 3, 80, 80, 3), `living` bool (N,), `kind`, `source` and
    `group` str (N,), `film` bool (N,) whether the group is a film; teachers' logits `says`
    (N, 2, 3) and last layers `holds` (N, 2, 128)."""

    crops: NDArray[np.uint8]
    living: NDArray[np.bool_]
    kind: NDArray[np.str_]
    source: NDArray[np.str_]
    group: NDArray[np.str_]
    film: NDArray[np.bool_]
    says: NDArray[np.float16]
    holds: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.living)


ARRAYS = tuple(field.name for field in fields(Samples))


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


def write_samples(path: Path, samples: Samples) -> None:
    """One piece; complete or not there at all. Raises StoreError where it cannot be written."""
    fresh = path.with_name(f"new-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as stream:
            np.savez(stream, **{name: getattr(samples, name) for name in ARRAYS})
        fresh.replace(path)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {path.parent} ({error.strerror}); make room or allow writing there."
        ) from error


def read_samples(folder: Path, beginning: str) -> Samples:
    """All pieces of a folder whose names begin so, joined.

    Raises InputError without any, and for one that is damaged.
    """
    pieces = [_read(path) for path in sorted(folder.glob(f"{beginning}*.npz"))]
    if not pieces:
        raise InputError(f"{folder} holds no samples; they are made before training begins.")
    return Samples(*(np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))


def _read(path: Path) -> list[NDArray[Any]]:
    try:
        # numpy leaves a file that it opens by name open when the content is no archive.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return [file[name] for name in ARRAYS]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is damaged ({type(error).__name__}); delete it, and it is made again."
        ) from error
