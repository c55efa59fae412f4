"""Rebuild dlib's face ResNet in Keras, prove it, and export it.

`python -m accessctl.zoo.build_dlib MODELS [FILLED]` does it in a process of its own.
"""

import hashlib
import sys
from pathlib import Path

from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import saved, to_litert
from accessctl.errors import ModelError
from accessctl.zoo import dlib_network as network
from accessctl.zoo.build import status_of, write_built
from accessctl.zoo.dlib import DlibPlaces
from accessctl.zoo.dlib_network import parse
from accessctl.zoo.golden import check_against_golden, read_golden


def build(places: DlibPlaces) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError."""
    card = load_card(places.encoder)
    weights = places.weights.read_bytes()
    if hashlib.sha256(weights).hexdigest() != card.fingerprint:
        raise ModelError(f"{places.weights} is not what the card in {places.encoder} was made for.")
    model = network.build()
    network.load_weights(model, parse(weights))
    check_against_golden(model, card, *read_golden(places.golden, "descriptors"), "dlib")
    artefacts = {
        places.keras: saved(model),
        places.int8: to_litert(model, "int8"),
        places.float16: to_litert(model, "float16"),
    }
    write_built(artefacts, [places.weights], places.sums)


def main(models: Path, filled: Path | None = None) -> int:
    return status_of(lambda: build(DlibPlaces(models, filled)))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
