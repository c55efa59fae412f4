"""Samples on disk: made once, in pieces that a run that was broken off does not make again."""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import InputError, StoreError


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
