"""Load the network that training starts from, in the precision that the run computes in."""

import tempfile
from pathlib import Path
from typing import Any

import keras

from accessctl.encoder import layers as _known_layers  # noqa: F401 # Keras finds them by name
from accessctl.encoder.artefacts import read_checked
from accessctl.encoder.card import Card
from accessctl.errors import ModelError


def load_network(card: Card) -> keras.Model:
    """The encoder's Keras model, on whatever backend Keras runs; raises ModelError."""
    if card.files is None or card.files.keras is None:
        raise ModelError(
            f"The encoder {card.name} has no Keras file, so training cannot start from it; "
            "name one as files.keras in its card."
        )
    path = card.path(card.files.keras)
    with tempfile.TemporaryDirectory(prefix="accessctl-train-") as scratch:
        copy = Path(scratch) / "encoder.keras"
        copy.write_bytes(read_checked(path, card.sums_path))
        try:
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except (ValueError, TypeError, OSError, KeyError, ImportError) as error:
            first = " ".join(str(error).split())[:200]
            raise ModelError(f"{path} is not a Keras model that loads here ({first}).") from error


def in_precision(network: keras.Model, policy: str) -> keras.Model:
    """The same network with its layers computing by `policy`, weights kept in float32.

    "mixed_bfloat16" has float32's range, so losses need no scaling; they are computed in
    float32. "float32" undoes it.
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
