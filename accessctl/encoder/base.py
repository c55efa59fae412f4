"""What every encoder is: crops in, unit-length embeddings out.

`FlipAveraged` averages each crop's embedding with that of its mirror image. A face and its mirror
are the same person, and their errors partly cancel: twice the time for fewer misses in the tail of
the score distribution. `FakeEncoder` needs no model: what a crop looks like from afar is its
embedding.
"""

import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding, Image
from accessctl.encoder.card import Card
from accessctl.encoder.card_parts import Files, Geometry, Input
from accessctl.errors import ModelError

FAKE_CARD = Card(
    name="fake",
    version="1",
    fingerprint="fa" * 32,
    dimension=16,
    input=Input(size=112, mean=(127.5, 127.5, 127.5), scale=1 / 127.5),
    geometry=Geometry(
        template=((38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2)),
        region=(0, 0, 112, 112),
    ),
    files=Files(keras="none.keras"),
    origin="made up for tests",
    licence="none needed",
    date=datetime.date(2000, 1, 1),
    trained_on="nothing",
    folder=Path("fake"),
)


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


class FakeEncoder:
    """Deterministic: equal crops give equal embeddings, similar ones near ones.

    Each crop is averaged over a 4x4 grid of cells a channel and projected by a fixed random
    matrix, so that pictures of different colours or layout point in different directions.
    """

    def __init__(self, card: Card = FAKE_CARD) -> None:
        self._card = card
        generator = np.random.default_rng(0)
        self._projection = generator.standard_normal((4 * 4 * 3 + 1, card.dimension))

    @property
    def card(self) -> Card:
        return self._card

    @property
    def device(self) -> str:
        return "cpu"

    def embed(self, crops: Image) -> Embedding:
        inputs = self._card.normalise(crops)
        cell = inputs.shape[1] // 4
        trimmed = inputs[:, : 4 * cell, : 4 * cell]
        cells = trimmed.reshape(len(crops), 4, cell, 4, cell, 3).mean(axis=(2, 4))
        # The constant keeps a crop of exactly the mean colour from having no direction.
        features = np.concatenate([cells.reshape(len(crops), 48), np.ones((len(crops), 1))], axis=1)
        return unit(features @ self._projection)
