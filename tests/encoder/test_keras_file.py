import keras
import numpy as np
import pytest

from accessctl.encoder.keras_file import in_precision, load_keras, saved
from accessctl.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def network():
    keras.utils.set_random_seed(5)
    crops = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, activation="relu")(crops)
    x = keras.layers.DepthwiseConv2D(3)(x)
    return keras.Model(crops, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x)))


@pytest.fixture
def crops():
    return np.random.default_rng(0).standard_normal((3, 16, 16, 3)).astype("f")


def test_mixed_precision_and_back(network, crops):
    expected = np.array(network(crops))
    mixed = in_precision(network, "mixed_bfloat16")
    layer = mixed.layers[1]
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")
    rounded = np.array(mixed(crops)).astype("f")
    assert 0 < np.abs(rounded - expected).max() < 0.05 * np.abs(expected).max()
    back = in_precision(mixed, "float32")
    np.testing.assert_array_equal(np.array(back(crops)), expected)


def test_a_file_in_half_the_bits_loads_as_float32_with_rounded_weights(network, tmp_path):
    loaded = load_keras(saved(in_precision(network, "float16")), tmp_path / "half.keras")
    assert {layer.compute_dtype for layer in loaded.layers[1:]} == {"float32"}
    for found, exact in zip(loaded.get_weights(), network.get_weights(), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, exact.astype(np.float16).astype(np.float32))


def test_half_the_bits_are_half_the_file(tmp_path):
    crops = keras.Input((200,))
    wide = keras.Model(crops, keras.layers.Dense(500)(crops))
    half = saved(in_precision(wide, "float16"))
    assert len(half) < 0.6 * len(saved(wide))


def test_what_is_not_a_model_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"odd\.keras is not a Keras model"):
        load_keras(b"not a model", tmp_path / "odd.keras")
