"""Rebuild the FaceRes MobileNet in Keras with its projection, prove it, and export it.

`python -m accessctl.zoo.build_faceres MODELS [FILLED]` does it in a process of its own.
"""

import sys
from pathlib import Path

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import saved, to_litert
from accessctl.errors import ModelError
from accessctl.zoo.build import status_of, write_built
from accessctl.zoo.faceres import FaceresPlaces, fingerprint
from accessctl.zoo.faceres_network import FEATURES, load_projection, parse
from accessctl.zoo.faceres_network import build as network
from accessctl.zoo.golden import check_against_golden, read_golden


def build(places: FaceresPlaces) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError.

    golden.npz holds the 1024 features that TensorFlow.js computes from the fetched files.
    There is no int8 file: that was measured to be no faster, and less like the original.
    """
    card = load_card(places.encoder)
    projection = load_projection(places.projection, FEATURES)
    if fingerprint(places) != card.fingerprint:
        raise ModelError(f"{places.cache} is not what the card in {places.encoder} was made for.")
    stages = parse(places.graph.read_bytes(), places.weights.read_bytes())
    model = network(stages, projection)
    chips, features = read_golden(places.golden, "features")
    expected = (unit(features) - projection.mean) @ projection.components
    check_against_golden(model, card, chips, expected, "TensorFlow.js")
    artefacts = {places.keras: saved(model), places.float16: to_litert(model, "float16")}
    write_built(artefacts, places.sources, places.sums)


def main(models: Path, filled: Path | None = None) -> int:
    return status_of(lambda: build(FaceresPlaces(models, filled)))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
