"""Layers that saved networks name; importing this module makes Keras know them."""

from typing import Any

import keras
from keras import ops

PACKAGE = "accessctl"


def padding_to(shape: tuple[int, ...], larger: tuple[int, ...]) -> list[tuple[int, int]]:
    """Zeros to add at each axis' end so that `shape` becomes `larger`."""
    return [(0, goal - have) for have, goal in zip(shape, larger, strict=True)]


@keras.saving.register_keras_serializable(package=PACKAGE)
class ZeroPaddedAdd(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """Sum of two tensors (N, H, W, C) whose shapes may differ.

    Each is first filled with zeros at the bottom, the right and in the last channels up to
    the larger of both, axis by axis, which is how dlib adds a residual block and its skip.
    Height, width and channels must be known when the network is built.
    """

    def call(self, inputs: list[Any]) -> Any:
        first, second = inputs
        larger = tuple(map(max, first.shape[1:], second.shape[1:]))
        return self._fill(first, larger) + self._fill(second, larger)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[Any, ...]:
        first, second = input_shape
        return first[0], *(max(a or 0, b or 0) for a, b in zip(first[1:], second[1:], strict=True))

    @staticmethod
    def _fill(tensor: Any, larger: tuple[int, ...]) -> Any:
        padding = padding_to(tuple(tensor.shape[1:]), larger)
        if any(after for _, after in padding):
            return ops.pad(tensor, [(0, 0), *padding])
        return tensor
