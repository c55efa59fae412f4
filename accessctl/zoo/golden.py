"""Hold a rebuilt network against what another program computed for known faces."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.card import Card
from accessctl.errors import ModelError
from accessctl.storage.parsing import read_arrays

TOLERANCE = 1e-4
MAX_BYTES = 8 << 20


def read_golden(path: Path, values: str) -> tuple[Image, NDArray[Any]]:
    """`chips` uint8 (2, S, S, 3) and the array `values` (2, D) of a file; raises ModelError."""
    try:
        chips, expected = read_arrays(path, ("chips", values), MAX_BYTES)
    except (OSError, ValueError) as error:
        raise ModelError(f"Cannot read the known descriptors in {path}; restore it.") from error
    return chips, expected


def check_against_golden(
    model: keras.Model, card: Card, chips: Image, expected: NDArray[Any], original: str
) -> None:
    """Raises ModelError unless the network gives what `original` gave for the chips."""
    found: NDArray[np.float32] = np.asarray(model(card.normalise(chips), training=False))
    worst = float(np.abs(found - expected).max())
    if not worst < TOLERANCE:
        raise ModelError(
            f"The rebuilt network differs from {original} by {worst:.2g}; this TensorFlow computes "
            "wrongly on this machine, so install the versions in requirements.txt."
        )
