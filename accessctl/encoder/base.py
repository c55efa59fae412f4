"""What every encoder is: crops in, unit-length embeddings out.

`FlipAveraged` averages each crop's embedding with that of its mirror image. A face and its mirror
are the same person, and their errors partly cancel: twice the time for fewer misses in the tail of
the score distribution.
"""

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


class FlipAveraged:
    """An encoder that embeds with another: the normalised mean of crop and mirror image."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def one_sided(self) -> Encoder:
        """The encoder that it embeds with."""
        return self._encoder

    @property
    def card(self) -> Card:
        return self._encoder.card

    @property
    def device(self) -> str:
        return self._encoder.device

    def embed(self, crops: Image) -> Embedding:
        both = self._encoder.embed(np.concatenate([crops, crops[:, :, ::-1]]))
        return unit(both[: len(crops)] + both[len(crops) :])
