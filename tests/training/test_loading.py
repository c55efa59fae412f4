import numpy as np
import pytest

from accessctl.encoder.card import load_card
from accessctl.encoder.card_parts import Files
from accessctl.errors import ModelError
from accessctl.training.loading import in_precision, load_network

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_mixed_precision_and_back(tiny_encoder):
    network = load_network(load_card(tiny_encoder))
    crops = np.random.default_rng(0).standard_normal((3, 32, 32, 3)).astype("f")
    expected = np.array(network(crops))
    mixed = in_precision(network, "mixed_bfloat16")
    layer = mixed.layers[1]
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")
    rounded = np.array(mixed(crops)).astype("f")
    assert 0 < np.abs(rounded - expected).max() < 0.05 * np.abs(expected).max()
    back = in_precision(mixed, "float32")
    np.testing.assert_array_equal(np.array(back(crops)), expected)


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
