"""An encoder without a model: what a crop looks like from afar is its embedding."""

import datetime
from pathlib import Path

import numpy as np

from accessctl.domain import Embedding, Image
from accessctl.encoder.base import unit
from accessctl.encoder.card import Card
from accessctl.encoder.card_parts import Files, Geometry, Input

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
