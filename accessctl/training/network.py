"""What training changes about a network: its head, and which layers learn."""

from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError

Freeze = Literal["none", "low", "backbone"]
# The layers before the first halving inside the network see edges and textures only.
LOW_LAYERS = ("stem", "block1_", "block2_", "block3_")


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
