"""The network that training starts from, and what training changes about it.

Its view of the face: a convolutional network that ends in a mean over places takes crops of any
size, so a warm start can be made faster (smaller crops) or trained in steps of growing resolution,
and the face can keep the scale that the network knows when the margin around it is cut away. Its
head, and which layers learn.
"""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.card import Card, read_checked
from accessctl.encoder.keras_file import load_keras
from accessctl.errors import ModelError
from accessctl.training.settings import Freeze, Region

# The layers before the first halving inside the network see edges and textures only.
LOW_LAYERS = ("stem", "block1_", "block2_", "block3_")


def load_network(card: Card) -> keras.Model:
    """The encoder's Keras model, on whatever backend Keras runs; raises ModelError."""
    if card.files is None or card.files.keras is None:
        raise ModelError(
            f"The encoder {card.name} has no Keras file, so training cannot start from it; "
            "name one as files.keras in its card."
        )
    path = card.path(card.files.keras)
    return load_keras(read_checked(path, card.sums_path), path)


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


def trunk_of(network: keras.Model) -> keras.Model:
    """The network without its last layer, which must be a matrix; raises ModelError."""
    last = network.layers[-1]
    if not isinstance(last, keras.layers.Dense):
        raise ModelError(
            f"The network {network.name} does not end in a dense layer, so its head cannot be "
            "replaced; train it without --outputs."
        )
    return keras.Model(network.input, last.input, name=f"{network.name}_trunk")


def with_new_head(network: keras.Model, outputs: int) -> keras.Model:
    """The trunk of `network` under a fresh dense layer with `outputs` values and a bias."""
    trunk = trunk_of(network)
    head = keras.layers.Dense(outputs, name="embedding")(trunk.output)
    return keras.Model(trunk.input, head, name="encoder")


def freeze(network: keras.Model, what: Freeze) -> None:
    """Keep layers from learning: `low` those before the first halving, `backbone` all but the
    last."""
    for layer in network.layers[:-1]:
        if what == "backbone" or (what == "low" and layer.name.startswith(LOW_LAYERS)):
            layer.trainable = False


def fit_head(
    network: keras.Model,
    features: NDArray[np.float32],
    targets: NDArray[np.float32],
    ridge: float = 1e-3,
) -> None:
    """Set the last layer to the ridge regression from `features` (N, F) to `targets` (N, D).

    w = (X'X + r tr(X'X)/F I)^-1 X'Y on centred X and Y: the best head for the trunk as it
    is, so that training does not first have to find it.
    """
    x = features.astype(np.float64)
    y = targets.astype(np.float64)
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    centred = x - x_mean
    gram = centred.T @ centred
    gram += ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
    kernel = np.linalg.solve(gram, centred.T @ (y - y_mean))
    network.layers[-1].set_weights(
        [kernel.astype(np.float32), (y_mean - x_mean @ kernel).astype(np.float32)]
    )


def start_head_at(network: keras.Model, mean: NDArray[np.float32]) -> None:
    """Let the fresh last layer give `mean` (D,) on top of what chance gives: targets that share
    a large mean would else be reached by all faces moving there together."""
    kernel, _ = network.layers[-1].get_weights()
    network.layers[-1].set_weights([kernel, mean])
