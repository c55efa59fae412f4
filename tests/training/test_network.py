import keras
import numpy as np
import pytest

from accessctl.errors import ModelError
from accessctl.training.network import fit_head, freeze, start_head_at, trunk_of, with_new_head

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
