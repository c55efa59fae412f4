"""A folder of images played as if it were a camera."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from accessctl.camera.photo import SUFFIXES, read_photo
from accessctl.camera.source import Shot
from accessctl.errors import CameraError

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    return [
        (0, int(part), part) if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"([0-9]+)", name)
        if part
    ]


def images_in(folder: Path) -> list[Path]:
    """The image files directly in `folder`, in natural order; hidden ones are left out."""
    found = [
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    ]
    return sorted(found, key=lambda entry: (natural_key(entry.name), entry.name))


class FolderFeed:
    def __init__(self, paths: list[Path], fps: float) -> None:
        self._paths: Iterator[tuple[int, Path]] = iter(enumerate(paths))
        self._fps = fps

    def read(self) -> Shot | None:
        for index, path in self._paths:
            return Shot(read_photo(path, MAX_BYTES, MAX_PIXELS), index / self._fps)
        return None

    def close(self) -> None:
        self._paths = iter(())


@dataclass(frozen=True, slots=True)
class ImageFolderSource:
    """The images of `folder` at `fps`, or `fast`, every one as soon as it is wanted."""

    folder: Path
    fps: float
    fast: bool = False
    endless: bool = False

    @property
    def live(self) -> bool:
        return not self.fast

    @property
    def description(self) -> str:
        return f"image folder {self.folder}"

    def open(self) -> FolderFeed:
        try:
            paths = images_in(self.folder)
        except OSError as error:
            raise CameraError(
                f"The folder {self.folder} cannot be read ({error.strerror}); name another one."
            ) from error
        if not paths:
            kinds = ", ".join(sorted(SUFFIXES))
            raise CameraError(f"The folder {self.folder} holds no image ({kinds}).")
        return FolderFeed(paths, self.fps)
