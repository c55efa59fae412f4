"""Samples on disk: made once, in pieces that a run that was broken off does not make again."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import InputError

ARRAYS = ("crops", "living", "kind", "source", "group", "film", "says", "holds")


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


def write_samples(path: Path, samples: Samples) -> None:
    """One piece; complete or not there at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"new-{path.name}")
    with fresh.open("wb") as stream:
        np.savez(stream, **{name: getattr(samples, name) for name in ARRAYS})
    fresh.replace(path)


def read_samples(folder: Path, beginning: str) -> Samples:
    """All pieces of a folder whose names begin so, joined; raises InputError without any."""
    pieces = []
    for path in sorted(folder.glob(f"{beginning}*.npz")):
        with np.load(path, allow_pickle=False) as file:
            pieces.append([file[name] for name in ARRAYS])
    if not pieces:
        raise InputError(f"{folder} holds no samples; they are made before training begins.")
    return Samples(*(np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))
