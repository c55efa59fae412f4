"""What is a photo in a folder, whose it is, and what is left out and why: one rule for everybody
who reads folders of photos.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from accessctl.errors import PhotoError

SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
        *(".avif", ".heic", ".heif"),
    }
)
"""Of files that are taken for photos by their names; see photo.read_photo for what can be read."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in a folder that was not looked at, and why; `may_hold_photos` where it is a
    folder that is not hidden, in which whoever made it may have meant to put some."""

    path: Path
    reason: str
    may_hold_photos: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PersonPhotos:
    """The photos of one person, by the name of their file or of the folder they lie in."""

    name: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class PeopleFolder:
    people: tuple[PersonPhotos, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def photos(self) -> tuple[tuple[str, Path], ...]:
        """Each photo with the name of its person, person by person."""
        return tuple((one.name, path) for one in self.people for path in one.paths)


@dataclass(slots=True)
class _Sorted:
    photos: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def is_photo_name(name: str) -> bool:
    """Whether a file of this name, path or no path, is taken for a photo; hidden ones are not."""
    plain = PurePath(name)
    return not plain.name.startswith(".") and plain.suffix.lower() in SUFFIXES


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    return [
        (0, int(part), part) if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"([0-9]+)", name)
        if part
    ]


def images_in(folder: Path) -> list[Path]:
    """The photos directly in `folder`, in natural order; hidden ones are left out; OSError."""
    return _sorted(folder).photos


def photos_below(folder: Path) -> list[Path]:
    """The photos in `folder` and all folders in it, but hidden ones, sorted; OSError."""
    found = _sorted(folder)
    # A link may lead back to where it came from.
    inner = (one for one in found.folders if not one.is_symlink())
    below = (photo for one in inner for photo in photos_below(one))
    return sorted([*found.photos, *below])


def people_in(folder: Path) -> PeopleFolder:
    """Whose photos lie in `folder`: a file is one of the person of its name, a folder holds those
    of the person of its name. PhotoError for no folder, and for one without photos."""
    if not folder.is_dir():
        raise PhotoError(f"{folder} is not a folder; name one that holds photos of each person.")
    try:
        found, left_out = _people(folder)
    except OSError as error:
        raise PhotoError(
            f"{folder} cannot be read ({error.strerror}); check its permissions."
        ) from error
    if not found:
        reasons = "".join(f"; left out {one}" for one in left_out[:3])
        raise PhotoError(
            f"{folder} holds no photos; put one NAME.jpg of each person into it, or a folder NAME "
            f"with several{reasons}."
        )
    people = (PersonPhotos(name, tuple(paths)) for name, paths in found.items())
    ordered = sorted(people, key=lambda one: (natural_key(one.name), one.name))
    return PeopleFolder(tuple(ordered), tuple(left_out))


def _people(folder: Path) -> tuple[dict[str, list[Path]], list[LeftOut]]:
    top = _sorted(folder)
    left_out = list(top.left_out)
    people: dict[str, list[Path]] = {}
    for photo in top.photos:
        people.setdefault(photo.stem, []).append(photo)
    for inner in top.folders:
        try:
            own = _sorted(inner)
        except OSError as error:
            left_out.append(LeftOut(inner, f"it cannot be read ({error.strerror})", True))
            continue
        left_out += own.left_out
        left_out += [
            LeftOut(deep, "a folder within a person's folder", True) for deep in own.folders
        ]
        if own.photos:
            people.setdefault(inner.name, []).extend(own.photos)
        else:
            left_out.append(LeftOut(inner, "it holds no photo", True))
    return people, left_out


def _sorted(folder: Path) -> _Sorted:
    found = _Sorted()
    for entry in _entries(folder):
        if entry.name.startswith("."):
            found.left_out.append(LeftOut(entry, "it is hidden"))
        elif entry.is_dir():
            found.folders.append(entry)
        elif not entry.is_file():
            found.left_out.append(LeftOut(entry, "it is no regular file"))
        elif is_photo_name(entry.name):
            found.photos.append(entry)
        else:
            ending = entry.suffix or "no ending"
            found.left_out.append(LeftOut(entry, f"it is not a photo by its name ({ending})"))
    return found


def _entries(folder: Path) -> Iterator[Path]:
    names = sorted(os.listdir(folder), key=lambda name: (natural_key(name), name))
    return (folder / name for name in names)
