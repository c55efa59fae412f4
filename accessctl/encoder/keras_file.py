"""An encoder's .keras file: read by bytes that were checked, written in 32 or in 16 bits.

A file in 16 bits is half as large; what is loaded from it computes in 32 all the same. Importing
this module makes Keras know the layers that saved networks name. `to_litert` turns the network
into a LiteRT file for a CPU; it alone imports TensorFlow.
"""

import tempfile
from pathlib import Path
from typing import Any, Literal

import keras
from keras import ops

from accessctl.runtime import load_keras_bytes

Policy = Literal["float32", "float16", "mixed_bfloat16"]

PACKAGE = "accessctl"
Precision = Literal["int8", "float16"]


def load_keras(content: bytes, path: Path) -> keras.Model:
    """The network in the bytes of a .keras file, in float32; `path` is for messages.

    Raises ModelError.
    """
    model = load_keras_bytes(content, path)
    halves = any(layer.dtype_policy.name == "float16" for layer in model.layers)
    return in_precision(model, "float32") if halves else model


def saved(model: keras.Model) -> bytes:
    """The bytes of the model's .keras file."""
    with tempfile.TemporaryDirectory(prefix="accessctl-export-") as scratch:
        path = Path(scratch) / "encoder.keras"
        keras.saving.save_model(model, path)
        return path.read_bytes()


def in_precision(network: keras.Model, policy: Policy) -> keras.Model:
    """The same network with its layers computing by `policy`.

    "mixed_bfloat16" keeps the weights in float32 and has float32's range, so losses need no
    scaling; they are computed in float32. "float16" keeps the weights in 16 bits, which is for
    files. "float32" undoes either.
    """
    changed = type(network).from_config(_with_policy(network.get_config(), policy))
    changed.set_weights(network.get_weights())
    return changed


def _with_policy(part: Any, policy: str) -> Any:
    if isinstance(part, dict):
        return {
            key: policy if key == "dtype" and _is_policy(value) else _with_policy(value, policy)
            for key, value in part.items()
        }
    if isinstance(part, list | tuple):
        return type(part)(_with_policy(item, policy) for item in part)
    return part


def _is_policy(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "DTypePolicy"


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


def to_litert(model: keras.Model, precision: Precision) -> bytes:
    """The LiteRT file of a model that maps float32 (N, S, S, 3) to float32 (N, D).

    Its batch is fixed at 1, so that every shape is known to the runtime's planner. `int8`
    is dynamic range quantisation: weights in 8 bits a channel, activations quantised as
    they come, inputs and outputs float32; no calibration pictures are needed. `float16`
    stores the weights in 16 bits and computes in float32. The same model and TensorFlow
    release give the same bytes.
    """
    import tensorflow as tf

    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="crops")
    forward = tf.function(lambda crops: model(crops, training=False), autograph=False)
    converter: Any = tf.lite.TFLiteConverter.from_concrete_functions(
        [forward.get_concrete_function(spec)]
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
