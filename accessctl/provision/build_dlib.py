"""Rebuild dlib's face ResNet in Keras, prove it, and export it.

`python -m accessctl.provision.build_dlib MODELS` does it in a process of its own, so that
TensorFlow's memory and chatter end with it.
"""

import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.encoder import network
from accessctl.encoder.artefacts import format_sums
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.dlib_weights import parse
from accessctl.encoder.export import to_litert
from accessctl.errors import AccessctlError, ModelError
from accessctl.provision.atomic import write_atomically
from accessctl.provision.dlib import Places

TOLERANCE = 1e-4


def build(places: Places) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError."""
    card = load_card(places.encoder)
    weights = places.weights.read_bytes()
    if hashlib.sha256(weights).hexdigest() != card.fingerprint:
        raise ModelError(f"{places.weights} is not what the card in {places.encoder} was made for.")
    model = network.build()
    network.load_weights(model, parse(weights))
    check_against_golden(model, card, places.golden)
    artefacts = {
        places.keras.name: saved(model),
        places.int8.name: to_litert(model, "int8"),
        places.float16.name: to_litert(model, "float16"),
    }
    # Sums last: until they are there, nothing half-made passes for finished.
    places.sums.unlink(missing_ok=True)
    for name, data in artefacts.items():
        write_atomically(places.cache / name, data)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in artefacts.items()}
    digests[places.weights.name] = card.fingerprint
    write_atomically(places.sums, format_sums(digests).encode("ascii"))


def check_against_golden(model: keras.Model, card: Card, golden: Path) -> None:
    """Raises ModelError unless the network gives dlib's own descriptors for two known faces.

    `golden` holds `chips` uint8 (2, 150, 150, 3) and `descriptors` float32 (2, 128).
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
            f"The rebuilt network differs from dlib by {worst:.2g}; this TensorFlow computes "
            "wrongly on this machine, so install the versions in requirements.txt."
        )


def saved(model: keras.Model) -> bytes:
    """The bytes of the model's .keras file."""
    with tempfile.TemporaryDirectory(prefix="accessctl-build-") as scratch:
        path = Path(scratch) / "encoder.keras"
        keras.saving.save_model(model, path)
        return path.read_bytes()


def main(models: Path) -> int:
    try:
        build(Places(models))
    except AccessctlError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
