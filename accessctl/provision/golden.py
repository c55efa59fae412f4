"""Hold a rebuilt network against descriptors of known faces that another program computed."""

import zipfile
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.card import Card
from accessctl.errors import ModelError

TOLERANCE = 1e-4


def check_against_golden(model: keras.Model, card: Card, golden: Path, original: str) -> None:
    """Raises ModelError unless the network gives the descriptors that `original` gave.

    `golden` holds `chips` uint8 (2, S, S, 3) and `descriptors` float32 (2, D).
    """
    try:
        with golden.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            chips, expected = data["chips"], data["descriptors"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"Cannot read the known descriptors in {golden}; restore it.") from error
    found: NDArray[np.float32] = np.asarray(model(card.normalise(chips), training=False))
    worst = float(np.abs(found - expected).max())
    if not worst < TOLERANCE:
        raise ModelError(
            f"The rebuilt network differs from {original} by {worst:.2g}; this TensorFlow computes "
            "wrongly on this machine, so install the versions in requirements.txt."
        )
