"""Somebody's own texture network as a Keras file: slower to start than LiteRT, the same answers.

Imports TensorFlow, so only `texture_network` imports this module, and only for such a file.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from accessctl.errors import ModelError
from accessctl.liveness.texture_card import TextureCard
from accessctl.liveness.texture_network import Run, Tensors, check_fit
from accessctl.runtime import load_keras_bytes


def keras_run(card: TextureCard, content: bytes) -> Run:
    """What computes the network in the bytes of a .keras file, on the CPU; ModelError."""
    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"Keras runs on {keras.backend.backend()} here; unset KERAS_BACKEND or set it to "
            f"tensorflow to use {card.path}."
        )
    with tf.device("/CPU:0"):
        model = load_keras_bytes(content, card.path)
    inputs = sorted(model.inputs, key=lambda tensor: str(tensor.name))
    places = [index for tensor in inputs for index, one in enumerate(model.inputs) if one is tensor]
    check_fit(card, [_shape(one) for one in inputs], [_shape(one) for one in model.outputs])
    forward = tf.function(lambda *tensors: model(_as_asked(tensors), training=False))

    def run(tensors: Tensors) -> NDArray[np.float32]:
        asked = [tensors[places.index(index)] for index in range(len(places))]
        with tf.device("/CPU:0"):
            answer = forward(*[tf.constant(tensor) for tensor in asked])
        return np.asarray(answer[0] if isinstance(answer, list | tuple) else answer, np.float32)

    return run


def _as_asked(tensors: tuple[Any, ...]) -> Any:
    return tensors[0] if len(tensors) == 1 else list(tensors)


def _shape(tensor: Any) -> tuple[int, ...]:
    """A free batch is a batch of one; another free side fits no card."""
    batch, *rest = tensor.shape
    return (
        1 if batch is None else int(batch),
        *(-1 if side is None else int(side) for side in rest),
    )
