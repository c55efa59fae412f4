"""What is measured on: photographs in a folder or a zip archive, and packs of aligned faces.

Photographs are all pictures under a folder or in an archive; the folder that a photo lies in is
its person.

A pack is two files in one folder. `faces.csv` has a row per face (file, source, identity, scale,
...); `identity` is empty where nobody said who it is, `scale` is the factor from the photo to the
canvas (larger: less detail). `faces.zip` holds the canvases, 128x128 RGB, with the five points
laid onto CANVAS_TEMPLATE.
"""

import csv
import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

import cv2
import numpy as np

from accessctl.camera.photo import KINDS, decode_photo, read_photo
from accessctl.camera.photo_folder import is_photo_name, photos_below
from accessctl.domain import CropGeometry, Image
from accessctl.encoder.card_parts import TEMPLATE
from accessctl.errors import PhotoError, SourceError
from accessctl.evaluation.like_groups import group_of_name
from accessctl.vision.alignment import compose, umeyama, warp

MAX_BYTES = 64 << 20

MAX_PIXELS = 64_000_000

CANVAS_SIZE = 128

CANVAS_TEMPLATE = TEMPLATE


class Photos(Protocol):
    """`names` are paths with slashes below the top, in order; the folder a photo lies in is
    its person. `identity` changes whenever a picture does: caches are kept by it."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def identity(self) -> str: ...

    def read(self, name: str) -> Image:
        """RGB uint8 (H, W, 3), upright; PhotoError. May be called from any thread."""
        ...


def open_photos(place: Path, max_bytes: int = MAX_BYTES) -> Photos:
    """The photos of a folder or a zip archive; SourceError when it holds none.

    One of more than `max_bytes` is not read.
    """
    photos = (FolderPhotos if place.is_dir() else ZipPhotos)(place, max_bytes)
    if not photos.names:
        raise SourceError(f"{place} holds no {KINDS} picture; name photographs to measure on.")
    return photos


def person_of(name: str) -> str:
    """The folder that a photo lies in, with the folders above it."""
    return str(PurePosixPath(name).parent)


def people_of(
    names: tuple[str, ...],
) -> tuple[tuple[str, ...], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Everybody in `names` (N,), and who each of them is as an index: int64 (N,)."""
    people, person = np.unique([person_of(name) for name in names], return_inverse=True)
    return tuple(people.tolist()), person.astype(np.int64)


class FolderPhotos:
    """A photo counts as another one when its size or its time of change is another."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        try:
            stamps = {
                path.relative_to(folder).as_posix(): (stat.st_size, stat.st_mtime_ns)
                for path in photos_below(folder)
                for stat in [path.stat()]
            }
        except OSError as error:
            raise SourceError(
                f"Cannot read {folder} ({error.strerror}); name a folder that this user may read."
            ) from error
        self.names = tuple(sorted(stamps))
        self.identity = _digest(stamps)

    def read(self, name: str) -> Image:
        return read_photo(self._folder / name, self._max_bytes, MAX_PIXELS)


class ZipPhotos:
    """Reads out of the archive, which is not unpacked."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(
                f"Cannot read {path} ({error}); name a folder or a zip archive of photographs."
            ) from error
        stamps = {
            entry.filename: (entry.file_size, entry.CRC)
            for entry in self._archive.infolist()
            if is_photo_name(entry.filename)
        }
        self.names = tuple(sorted(stamps))
        self.identity = _digest(stamps)

    def read(self, name: str) -> Image:
        try:
            size = self._archive.getinfo(name).file_size
            if size > self._max_bytes:
                most = self._max_bytes >> 20
                raise PhotoError(f"{name} is larger than {most} MiB; leave it out.")
            data = self._archive.read(name)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise PhotoError(f"{name} is missing or damaged in the archive.") from error
        return decode_photo(data, name, MAX_PIXELS)


def _digest(stamps: dict[str, tuple[int, int]]) -> str:
    lines = "".join(f"{name}\0{size}\0{mark}\n" for name, (size, mark) in sorted(stamps.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class PackRow:
    file: str
    source: str
    identity: str
    scale: float
    group: str = ""
    """Of people of one sex, origin and age band; empty where nobody says."""


def read_rows(folder: Path) -> list[PackRow]:
    """The pack's faces in the order of `faces.csv`; SourceError."""
    path = folder / "faces.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                PackRow(
                    row["file"],
                    row["source"],
                    row["identity"],
                    float(row["scale"]),
                    row.get("group") or _group_told_by(row),
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"Cannot read {path} as a list of faces ({error}); name a folder that holds "
            "faces.csv (file, source, identity, scale) and faces.zip."
        ) from error


def _group_told_by(row: Mapping[str, str]) -> str:
    """UTKFace's files are named by their labels; other sets' names mean something else."""
    if not row["source"].startswith("utkface"):
        return ""
    return group_of_name(row.get("original_name") or "")


@contextmanager
def open_canvases(folder: Path) -> Iterator[zipfile.ZipFile]:
    """The archive of canvases; SourceError."""
    path = folder / "faces.zip"
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"Cannot read {path} ({error}); name a folder of aligned faces."
        ) from error
    with archive:
        yield archive


def read_canvas(archive: zipfile.ZipFile, file: str) -> Image:
    """One canvas, RGB uint8 (128, 128, 3); PhotoError."""
    try:
        data = archive.read(file)
    except (KeyError, zipfile.BadZipFile) as error:
        raise PhotoError(
            f"{file} is missing or damaged in the pack; get the pack again."
        ) from error
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None or bgr.shape[:2] != (CANVAS_SIZE, CANVAS_SIZE):
        raise PhotoError(f"{file} in the pack is not a picture of 128x128; get the pack again.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def cut_canvas(canvas: Image, geometry: CropGeometry) -> Image:
    """The crop (S, S, 3) that an encoder of this geometry eats; edges are repeated."""
    x0, y0, x1, y1 = geometry.region
    x_scale, y_scale = geometry.size / (x1 - x0), geometry.size / (y1 - y0)
    to_crop = np.array([[x_scale, 0, -x0 * x_scale], [0, y_scale, -y0 * y_scale]])
    to_template = umeyama(np.array(CANVAS_TEMPLATE), np.array(geometry.template))
    return warp(canvas, compose(to_crop, to_template), (geometry.size, geometry.size))


def clear_of_each(
    rows: Sequence[PackRow], max_scale: float, most: int, random: np.random.Generator
) -> dict[str, list[int]]:
    """Up to `most` indices of every person's faces whose scale is at most `max_scale`."""
    clear: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row.identity and row.scale <= max_scale:
            clear.setdefault(row.identity, []).append(index)
    return {
        person: own if len(own) <= most else random.choice(own, most, replace=False).tolist()
        for person, own in clear.items()
    }


def unlabelled(rows: Sequence[PackRow]) -> list[int]:
    """Indices of the faces that carry no identity."""
    return [index for index, row in enumerate(rows) if not row.identity]
