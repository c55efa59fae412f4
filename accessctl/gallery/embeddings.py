"""Embeddings as bytes, and the one check that all of them pass."""

import numpy as np

from accessctl.domain import Embedding
from accessctl.errors import StoreError


def checked(embedding: Embedding) -> Embedding:
    """The embedding as little-endian float32 (D,); ValueError unless finite, of length 1."""
    vector = np.ascontiguousarray(embedding, dtype="<f4")
    if vector.ndim != 1 or not vector.size or not np.isfinite(vector).all():
        raise ValueError("an embedding is a finite vector (D,)")
    length = float(np.linalg.norm(vector))
    if abs(length - 1) > 1e-3:
        raise ValueError(f"an embedding has length 1, not {length:.4f}")
    return vector


def to_bytes(embedding: Embedding) -> bytes:
    return checked(embedding).tobytes()


def from_bytes(data: bytes) -> Embedding:
    """The inverse of `to_bytes`; StoreError when these bytes are no embedding."""
    try:
        return checked(np.frombuffer(data, dtype="<f4"))
    except ValueError as error:
        raise StoreError(
            "A template in the gallery is not an embedding; restore the gallery from a backup."
        ) from error
