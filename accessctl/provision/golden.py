"""Hold a rebuilt network against what another program computed for known faces."""

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.card import Card
from accessctl.errors import ModelError

TOLERANCE = 1e-4


def read_golden(path: Path, values: str) -> tuple[Image, NDArray[Any]]:
    """`chips` uint8 (2, S, S, 3) and the array `values` (2, D) of a file; raises ModelError."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            return data["chips"], data[values]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"Cannot read the known descriptors in {path}; restore it.") from error


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
