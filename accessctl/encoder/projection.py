"""A projection of features on their main directions, as kept beside an encoder's card."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError
from accessctl.storage.parsing import read_arrays

MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """`mean` float32 (F,) of unit features, `components` float32 (F, D), orthonormal columns."""

    mean: NDArray[np.float32]
    components: NDArray[np.float32]


def save_projection(path: Path, projection: Projection) -> None:
    """Write `projection` to `path` (.npz), its components in 16 bits."""
    np.savez(path, mean=projection.mean, components=projection.components.astype(np.float16))


def load_projection(path: Path, features: int) -> Projection:
    """What `save_projection` wrote, for so many `features`; raises ModelError."""
    try:
        stored = read_arrays(path, ("mean", "components"), MAX_BYTES)
        mean, components = (array.astype(np.float32) for array in stored)
        if mean.shape != (features,) or components.ndim != 2 or len(components) != features:
            raise ValueError("another shape")
        if not (np.isfinite(mean).all() and np.isfinite(components).all()):
            raise ValueError("not finite")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The projection {path} is missing or damaged; restore it from the repository."
        ) from error
    return Projection(mean, components)
