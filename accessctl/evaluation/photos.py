"""Photographs to measure on: all pictures under a folder, or in a zip archive."""

import hashlib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np

from accessctl.camera.photo import KINDS, SUFFIXES, decode_photo, read_photo
from accessctl.domain import Image
from accessctl.errors import PhotoError, SourceError

MAX_BYTES = 64 << 20
MAX_PIXELS = 64_000_000


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


def open_photos(place: Path) -> Photos:
    """The photos of a folder or a zip archive; SourceError when it holds none."""
    photos = FolderPhotos(place) if place.is_dir() else ZipPhotos(place)
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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            stamps = {
                path.relative_to(folder).as_posix(): (stat.st_size, stat.st_mtime_ns)
                for path in folder.rglob("*")
                if path.suffix.lower() in SUFFIXES and path.is_file()
                for stat in [path.stat()]
            }
        except OSError as error:
            raise SourceError(
                f"Cannot read {folder} ({error.strerror}); name a folder that this user may read."
            ) from error
        self.names = tuple(sorted(stamps))
        self.identity = _digest(stamps)

    def read(self, name: str) -> Image:
        return read_photo(self._folder / name, MAX_BYTES, MAX_PIXELS)


class ZipPhotos:
    """Reads out of the archive, which is not unpacked."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(
                f"Cannot read {path} ({error}); name a folder or a zip archive of photographs."
            ) from error
        stamps = {
            entry.filename: (entry.file_size, entry.CRC)
            for entry in self._archive.infolist()
            if PurePosixPath(entry.filename).suffix.lower() in SUFFIXES
        }
        self.names = tuple(sorted(stamps))
        self.identity = _digest(stamps)

    def read(self, name: str) -> Image:
        try:
            size = self._archive.getinfo(name).file_size
            if size > MAX_BYTES:
                raise PhotoError(f"{name} is larger than {MAX_BYTES >> 20} MiB; leave it out.")
            data = self._archive.read(name)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise PhotoError(f"{name} is missing or damaged in the archive.") from error
        return decode_photo(data, name, MAX_PIXELS)


def _digest(stamps: dict[str, tuple[int, int]]) -> str:
    lines = "".join(f"{name}\0{size}\0{mark}\n" for name, (size, mark) in sorted(stamps.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
