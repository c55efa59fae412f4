import keras
import numpy as np
import pytest

from accessctl.encoder.card import load_card
from accessctl.encoder.card_parts import Files
from accessctl.errors import ModelError
from accessctl.training.network import (
    at_size,
    fit_head,
    framed,
    freeze,
    load_network,
    start_head_at,
    trunk_of,
    with_new_head,
)


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


def pooling(size: int) -> keras.Model:
    """Ends in a mean over places, so it takes any size."""
    keras.utils.set_random_seed(1)
    crops = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(4, 1)(crops)
    return keras.Model(crops, keras.layers.GlobalAveragePooling2D()(x))


def test_another_size_keeps_the_weights():
    changed = at_size(pooling(32), 16)
    assert changed.input_shape == (None, 16, 16, 3)
    # A pointwise network that averages sees no difference between a flat crop and a larger one.
    flat = np.full((1, 32, 32, 3), 0.3, np.float32)
    np.testing.assert_allclose(
        np.array(changed(flat[:, :16, :16])), np.array(pooling(32)(flat)), rtol=1e-4
    )


def test_the_same_size_is_the_same_network():
    network = pooling(32)
    assert at_size(network, 32) is network


def test_a_network_tied_to_its_size_is_told(tiny_encoder):
    network = load_network(load_card(tiny_encoder))
    with pytest.raises(ModelError, match="works on crops of 32 pixels only, not 48"):
        at_size(network, 48)


def test_a_card_framed_anew(tiny_encoder):
    card = load_card(tiny_encoder)
    assert framed(card, None, None) == card
    changed = framed(card, 48, (10, 12, 118, 120))
    assert changed.crop_geometry.size == 48
    assert changed.crop_geometry.region == (10, 12, 118, 120)
    assert changed.geometry.template == card.geometry.template


pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def network():
    keras.utils.set_random_seed(2)
    crops = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu", name="stem")(crops)
    x = keras.layers.Conv2D(5, 3, name="block4_1")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(crops, keras.layers.Dense(4, name="old")(x))


def test_a_new_head_on_the_same_trunk(network):
    crops = np.random.default_rng(0).standard_normal((2, 8, 8, 3)).astype("f")
    features = np.array(trunk_of(network)(crops))
    changed = with_new_head(network, 7)
    assert changed.output_shape == (None, 7)
    np.testing.assert_array_equal(np.array(trunk_of(changed)(crops)), features)


def test_a_network_without_a_dense_end_is_refused():
    crops = keras.Input((8, 8, 3))
    flat = keras.layers.Flatten()(crops)
    with pytest.raises(ModelError, match="without --outputs"):
        trunk_of(keras.Model(crops, flat))


def test_what_is_frozen(network):
    freeze(network, "none")
    assert len(network.trainable_variables) == 6
    freeze(network, "low")
    assert len(network.trainable_variables) == 4
    freeze(network, "backbone")
    assert len(network.trainable_variables) == 2


def test_the_head_is_set_to_the_regression(network):
    draw = np.random.default_rng(1)
    features = draw.standard_normal((400, 5)) + 3
    kernel, bias = draw.standard_normal((5, 4)), np.array([1.0, -2, 0, 5])
    fit_head(network, features.astype("f"), (features @ kernel + bias).astype("f"), ridge=1e-9)
    found = network.layers[-1].get_weights()
    np.testing.assert_allclose(found[0], kernel, atol=1e-3)
    np.testing.assert_allclose(found[1], bias, atol=1e-3)


def test_more_ridge_shrinks_towards_the_mean(network):
    draw = np.random.default_rng(1)
    features = draw.standard_normal((50, 5)).astype("f")
    targets = draw.standard_normal((50, 4)).astype("f")
    fit_head(network, features, targets, ridge=1e9)
    kernel, bias = network.layers[-1].get_weights()
    assert np.abs(kernel).max() < 1e-6
    np.testing.assert_allclose(bias, targets.mean(axis=0), atol=1e-5)


def test_a_random_head_starts_around_the_mean_that_is_asked_for(network):
    mean = np.array([5, -4, 3, 0], np.float32)
    crops = np.random.default_rng(0).standard_normal((2, 8, 8, 3)).astype("f")
    before = np.array(network(crops)) - network.layers[-1].get_weights()[1]
    start_head_at(network, mean)
    np.testing.assert_allclose(np.array(network(crops)), before + mean, atol=1e-5)
