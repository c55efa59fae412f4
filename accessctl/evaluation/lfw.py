"""Labeled Faces in the Wild, View 2: which photos are compared, and in which fold.

Huang, Ramesh, Berg and Learned-Miller, "Labeled Faces in the Wild", University of
Massachusetts, Amherst, Technical Report 07-49, 2007.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError
from accessctl.evaluation.photos import Photos, open_photos

PAIRS = "pairs.txt"
ARCHIVE = "images.zip"


@dataclass(frozen=True, slots=True, eq=False)
class View2:
    """P pairs: names of the `first` and the `second` photo, whether they are the `same`
    person bool (P,) and the `fold` int64 (P,) that each belongs to."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    same: NDArray[np.bool_]
    fold: NDArray[np.int64]

    @property
    def photos(self) -> tuple[str, ...]:
        """Every photo that some pair names, once."""
        return tuple(sorted({*self.first, *self.second}))


def open_lfw(folder: Path) -> tuple[Photos, View2]:
    """The photos, in images.zip or unpacked beside pairs.txt, and the pairs; SourceError."""
    view = read_pairs(folder / PAIRS)
    archive = folder / ARCHIVE
    photos = open_photos(archive if archive.exists() else folder)
    absent = set(view.photos).difference(photos.names)
    if absent:
        raise SourceError(
            f"{len(absent)} photos that {folder / PAIRS} names are not there, "
            f"{min(absent)} for one; get the whole of LFW."
        )
    return photos, view


def read_pairs(path: Path) -> View2:
    """A list of folds: a line "folds TAB n", then for each fold n lines "name i j" and
    n lines "name i other j"; SourceError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        folds, each = (int(field) for field in lines[0].split("\t"))
        pairs = [_pair(line) for line in lines[1:] if line.strip()]
        if len(pairs) != 2 * folds * each or folds < 2 or each < 1:
            raise ValueError(f"{len(pairs)} pairs in {folds} folds of 2 x {each}")
    except (OSError, ValueError, IndexError) as error:
        raise SourceError(
            f"Cannot read {path} as LFW's list of pairs ({error}); name a folder that holds "
            f"View 2's {PAIRS} and {ARCHIVE}."
        ) from error
    return View2(
        tuple(first for first, _, _ in pairs),
        tuple(second for _, second, _ in pairs),
        np.array([same for _, _, same in pairs]),
        np.arange(len(pairs)) // (2 * each),
    )


def _pair(line: str) -> tuple[str, str, bool]:
    fields = line.split("\t")
    if len(fields) == 3:
        name, first, second = fields
        return _photo(name, first), _photo(name, second), True
    name, first, other, second = fields
    return _photo(name, first), _photo(other, second), False


def _photo(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"
