"""A Keras file read by bytes that were checked. Imports Keras; no code in the file is run."""

import tempfile
from pathlib import Path

import keras

from accessctl.errors import ModelError


def load_keras_bytes(content: bytes, path: Path) -> keras.Model:
    """The network in the bytes of a .keras file; `path` is for messages. Raises ModelError."""
    with tempfile.TemporaryDirectory(prefix="accessctl-keras-") as scratch:
        # Keras opens files only by name: give it those bytes whose digest was checked.
        copy = Path(scratch) / "network.keras"
        copy.write_bytes(content)
        try:
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except (ValueError, TypeError, OSError, KeyError, ImportError) as error:
            first = " ".join(str(error).split())[:200]
            raise ModelError(f"{path} is not a Keras model that loads here ({first}).") from error
