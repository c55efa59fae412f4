"""An encoder's .keras file: read by bytes that were checked, written in 32 or in 16 bits.

A file in 16 bits is half as large; what is loaded from it computes in 32 all the same.
"""

import tempfile
from pathlib import Path
from typing import Any, Literal

import keras

from accessctl.encoder import layers as _known_layers  # noqa: F401 # Keras finds them by name
from accessctl.runtime import load_keras_bytes

Policy = Literal["float32", "float16", "mixed_bfloat16"]


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
