"""The cohort's file: embeddings of people nobody enrolled, one byte a number."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError
from accessctl.storage.parsing import read_arrays

MAX_BYTES = 64 << 20


def quantise(cohort: NDArray[np.float32]) -> NDArray[np.int8]:
    """Unit rows (C, D) as int8, each row scaled by its largest component.

    The scale is not kept: rows are of unit length again after loading. Rounding moves a
    similarity by about 1e-3 (D = 128), far less than two photos of a person differ.
    """
    largest = np.abs(cohort).max(axis=1, keepdims=True)
    stored: NDArray[np.int8] = np.rint(cohort / largest * 127).astype(np.int8)
    return stored


def dequantise(stored: NDArray[np.int8]) -> NDArray[np.float32]:
    """Unit float32 rows (C, D) from `quantise`'s."""
    rows = stored.astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def save_cohort(path: Path, cohort: NDArray[np.float32]) -> None:
    """Write unit rows (C, D) to `path` (.npz)."""
    np.savez_compressed(path, cohort=quantise(cohort))


def load_cohort(path: Path) -> NDArray[np.float32]:
    """Unit float32 rows (C, D) of a file from `save_cohort`; ModelError."""
    try:
        (stored,) = read_arrays(path, ("cohort",), MAX_BYTES)
        if stored.dtype != np.int8 or stored.ndim != 2 or not len(stored):
            raise ValueError("not int8 rows")
        if not np.any(stored, axis=1).all():
            raise ValueError("a row without direction")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The encoder's cohort {path} is missing or damaged; "
            "fetch the encoder again or run `accessctl models calibrate`."
        ) from error
    return dequantise(stored)
