"""Load the network that training starts from."""

import keras

from accessctl.encoder.artefacts import read_checked
from accessctl.encoder.card import Card
from accessctl.encoder.keras_file import load_keras
from accessctl.errors import ModelError


def load_network(card: Card) -> keras.Model:
    """The encoder's Keras model, on whatever backend Keras runs; raises ModelError."""
    if card.files is None or card.files.keras is None:
        raise ModelError(
            f"The encoder {card.name} has no Keras file, so training cannot start from it; "
            "name one as files.keras in its card."
        )
    path = card.path(card.files.keras)
    return load_keras(read_checked(path, card.sums_path), path)
