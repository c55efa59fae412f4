"""What every encoder is: crops in, unit-length embeddings out."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding, Image
from accessctl.encoder.card import Card
from accessctl.errors import ModelError


class Encoder(Protocol):
    """An encoder that is loaded and ready; may be called from any thread."""

    @property
    def card(self) -> Card: ...

    @property
    def device(self) -> str:
        """ "cpu" or "gpu"."""
        ...

    def embed(self, crops: Image) -> Embedding:
        """RGB uint8 (N, S, S, 3), cut as the card says -> float32 (N, D) of unit length.

        Raises ValueError for crops of another shape, ModelError when the network gives
        something that cannot be compared.
        """
        ...


def unit(vectors: NDArray[Any]) -> Embedding:
    """Rows of (N, D) scaled to length 1, float32.

    Raises ModelError for a row that is zero or not finite: no direction, so no person.
    """
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ModelError("The encoder gave an embedding without a direction; check its weights.")
    result: Embedding = (wide / lengths).astype(np.float32)
    return result
