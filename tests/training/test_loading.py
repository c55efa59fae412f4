import pytest

from accessctl.encoder.card import load_card
from accessctl.encoder.card_parts import Files
from accessctl.errors import ModelError
from accessctl.training.loading import load_network


def test_an_encoder_without_keras_file_is_refused(tiny_encoder):
    card = load_card(tiny_encoder)
    lite = card.model_copy(update={"files": Files(litert={"int8": "tiny.tflite"})})
    with pytest.raises(ModelError, match="no Keras file"):
        load_network(lite)


def test_a_damaged_file_is_told(tiny_encoder, tmp_path):
    (tmp_path / "tiny.keras").write_bytes(b"not a model")
    card = load_card(tiny_encoder).model_copy(update={"folder": tmp_path})
    with pytest.raises(ModelError, match=r"tiny\.keras is not a Keras model"):
        load_network(card)
