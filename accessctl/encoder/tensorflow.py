"""The encoder on a GPU: the Keras network in TensorFlow, compiled, in batches.

Imports TensorFlow, so only `choose` imports this module, and only once a GPU is wanted
and seen.
"""

from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from accessctl.domain import Embedding, Image
from accessctl.encoder.base import unit
from accessctl.encoder.card import Card, read_checked
from accessctl.encoder.keras_file import load_keras
from accessctl.errors import ModelError

# Every new shape is a compilation of seconds: inputs are padded to one of these.
BATCHES = (1, 2, 4, 8, 16, 32, 64)


class TensorFlowEncoder:
    """Runs `card`'s Keras file on the given device.

    Raises ModelError when the file is missing, altered or not the network the card
    describes. `device` "cpu" exists to compare the runtimes where there is no GPU.
    """

    def __init__(self, card: Card, device: Literal["cpu", "gpu"] = "gpu") -> None:
        self._card = card
        self._device = device
        with tf.device(self._place):
            self._model = _load(card)
        # XLA fuses the small layers on a GPU; on a CPU it takes longer to compile than it saves.
        self._forward = tf.function(
            lambda crops: self._model(crops, training=False),
            jit_compile=device == "gpu",
            autograph=False,
        )

    @property
    def card(self) -> Card:
        return self._card

    @property
    def device(self) -> str:
        return self._device

    @property
    def _place(self) -> str:
        return f"/{self._device.upper()}:0"

    def embed(self, crops: Image) -> Embedding:
        inputs = self._card.normalise(crops)
        parts = [
            self._run(inputs[start : start + BATCHES[-1]])
            for start in range(0, len(inputs), BATCHES[-1])
        ]
        return unit(np.concatenate([np.empty((0, self._card.dimension), np.float32), *parts]))

    def _run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.zeros((padded_size(len(inputs)), *inputs.shape[1:]), np.float32)
        padded[: len(inputs)] = inputs
        with tf.device(self._place):
            outputs = self._forward(tf.constant(padded))
        return np.asarray(outputs, np.float32)[: len(inputs)]


def padded_size(count: int) -> int:
    """The smallest of BATCHES that holds `count` crops, 1 to 64."""
    return next(size for size in BATCHES if size >= count)


def visible_gpus() -> int:
    """How many GPUs TensorFlow can use; none of them is taken whole from its other users."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return len(gpus)


def _load(card: Card) -> Any:
    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"Keras runs on {keras.backend.backend()} here; unset KERAS_BACKEND or set it to "
            "tensorflow to use the encoder on a GPU."
        )
    name = card.network.keras
    if name is None:
        raise ModelError(
            f"The encoder {card.name} has no Keras file, which a GPU needs; name one as "
            "files.keras in its card or set encoder.device to cpu."
        )
    path = card.path(name)
    model = load_keras(read_checked(path, card.sums_path), path)
    size = card.input.size
    if model.input_shape != (None, size, size, 3) or model.output_shape != (None, card.dimension):
        raise ModelError(
            f"{path} maps {model.input_shape} to {model.output_shape}, but its card says "
            f"{(None, size, size, 3)} to {(None, card.dimension)}."
        )
    return model
