import keras
import numpy as np
import pytest

from accessctl.encoder.keras_file import (
    ZeroPaddedAdd,
    in_precision,
    load_keras,
    padding_to,
    saved,
    to_litert,
)
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


def test_padding_goes_to_each_axis_end():
    assert padding_to((3, 4, 2), (4, 4, 5)) == [(0, 1), (0, 0), (0, 3)]


def test_the_smaller_is_filled_at_the_bottom_the_right_and_in_the_last_channels():
    one_pixel_two_channels = np.float32([[[[1, 2]]]])
    four_pixels_one_channel = np.float32([[[[10], [20]], [[30], [40]]]])
    total = ZeroPaddedAdd()([one_pixel_two_channels, four_pixels_one_channel])
    assert np.asarray(total).tolist() == [[[[11, 2], [20, 0]], [[30, 0], [40, 0]]]]


def test_equal_shapes_are_just_added():
    a = np.float32([[[[1], [2]]]])
    assert np.asarray(ZeroPaddedAdd()([a, a])).tolist() == [[[[2], [4]]]]


def test_a_network_with_the_layer_is_saved_and_loaded(tmp_path, save):
    first, second = keras.Input((3, 3, 2)), keras.Input((4, 3, 1))
    model = keras.Model([first, second], ZeroPaddedAdd()([first, second]))
    assert model.output_shape == (None, 4, 3, 2)
    save(model, tmp_path / "add.keras")
    loaded = keras.saving.load_model(tmp_path / "add.keras")
    inputs = [np.ones((1, 3, 3, 2), np.float32), np.ones((1, 4, 3, 1), np.float32)]
    assert np.asarray(loaded(inputs)).sum() == 18 + 12


def test_eight_bits_weigh_half_of_sixteen_and_bytes_are_the_same_again():
    crops = keras.Input((16, 16, 3))
    model = keras.Model(crops, keras.layers.Dense(64)(keras.layers.Flatten()(crops)))
    int8, float16 = to_litert(model, "int8"), to_litert(model, "float16")
    weights = 16 * 16 * 3 * 64
    assert len(int8) == pytest.approx(weights, rel=0.1)
    assert len(float16) == pytest.approx(2 * weights, rel=0.1)
    assert to_litert(model, "int8") == int8
