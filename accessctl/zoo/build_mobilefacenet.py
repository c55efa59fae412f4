"""Rebuild MobileFaceNet in Keras, prove it, and export it.

`python -m accessctl.zoo.build_mobilefacenet MODELS [FILLED]` does it in a process of its own.
"""

import hashlib
import sys
from pathlib import Path

import keras

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import saved, to_litert
from accessctl.errors import ModelError
from accessctl.zoo.build import status_of, write_built
from accessctl.zoo.golden import check_against_golden, read_golden
from accessctl.zoo.mobilefacenet import MobileFaceNetPlaces
from accessctl.zoo.mobilefacenet_network import build as network
from accessctl.zoo.mobilefacenet_network import read


def build(places: MobileFaceNetPlaces) -> None:
    """Write all artefacts and, last, their sums; raises ModelError or FetchError.

    golden.npz holds the embeddings that the fetched LiteRT file itself gives. There is no
    int8 file: that was measured to be no faster, with a cosine of only 0.99 to the original.
    """
    card = load_card(places.encoder)
    if hashlib.sha256(places.weights.read_bytes()).hexdigest() != card.fingerprint:
        raise ModelError(f"{places.weights} is not what the card in {places.encoder} was made for.")
    model = network(read(places.weights))
    chips, embeddings = read_golden(places.golden, "embeddings")
    # Their length is about 80 and says nothing: directions are what must agree.
    directions = keras.Sequential([model, keras.layers.UnitNormalization()])
    check_against_golden(directions, card, chips, unit(embeddings), "the original")
    artefacts = {places.keras: saved(model), places.float16: to_litert(model, "float16")}
    write_built(artefacts, places.sources, places.sums)


def main(models: Path, filled: Path | None = None) -> int:
    return status_of(lambda: build(MobileFaceNetPlaces(models, filled)))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
