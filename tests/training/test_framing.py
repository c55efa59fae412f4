import keras
import numpy as np
import pytest

from accessctl.encoder.card import load_card
from accessctl.errors import ModelError
from accessctl.training.framing import at_size, framed
from accessctl.training.loading import load_network


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
