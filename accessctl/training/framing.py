"""Give a network another view of the face: a smaller or larger crop, cut tighter or wider.

A convolutional network that ends in a mean over places takes crops of any size, so a warm
start can be made faster (smaller crops) or trained in steps of growing resolution, and the
face can keep the scale that the network knows when the margin around it is cut away.
"""

from typing import Any

import keras

from accessctl.encoder.card import Card
from accessctl.errors import ModelError

Region = tuple[float, float, float, float]


def framed(card: Card, size: int | None, region: Region | None) -> Card:
    """The card with crops of `size` pixels cut from `region` (x0, y0, x1, y1 of the template's
    canvas); None leaves what it says."""
    return card.model_copy(
        update={
            "input": card.input.model_copy(update={} if size is None else {"size": size}),
            "geometry": card.geometry.model_copy(
                update={} if region is None else {"region": region}
            ),
        }
    )


def at_size(network: keras.Model, size: int) -> keras.Model:
    """The same weights for crops (N, size, size, 3); raises ModelError where the network is
    tied to the size it was made for."""
    if tuple(network.input_shape[1:3]) == (size, size):
        return network
    made_for = network.input_shape[1]
    try:
        changed = type(network).from_config(_with_size(network.get_config(), size))
        changed.set_weights(network.get_weights())
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"The network {network.name} works on crops of {made_for} pixels only, not {size}; "
            "leave --size out."
        ) from error
    return changed


def _with_size(config: dict[str, Any], size: int) -> dict[str, Any]:
    """`config` of a functional model with its input's height and width replaced."""
    layers = [
        {**layer, "config": {**layer["config"], "batch_shape": (None, size, size, 3)}}
        if layer["class_name"] == "InputLayer"
        else layer
        for layer in config["layers"]
    ]
    return {**config, "layers": layers}
