"""An encoder joined from others: their unit embeddings side by side, each with its weight.

The cosine of two joint embeddings is the mean of the parts' cosines, weighted by the squares
of the weights. Encoders whose errors differ are stronger together than the best of them.
"""

from collections.abc import Sequence

import numpy as np

from accessctl.domain import Embedding, Image
from accessctl.encoder.base import Encoder, unit
from accessctl.encoder.canvas import Window
from accessctl.encoder.card import Card


class JointEncoder:
    """Embeds with `encoders`, those of the parts of `card` in their order."""

    def __init__(self, card: Card, encoders: Sequence[Encoder]) -> None:
        parts = card.parts or ()
        canvas = card.crop_geometry
        self._card = card
        self._parts = [
            (encoder, Window(canvas, encoder.card.crop_geometry), part.weight)
            for encoder, part in zip(encoders, parts, strict=True)
        ]

    @property
    def card(self) -> Card:
        return self._card

    @property
    def device(self) -> str:
        """ "gpu" when every part runs there."""
        devices = {encoder.device for encoder, _, _ in self._parts}
        return "gpu" if devices == {"gpu"} else "cpu"

    def embed(self, crops: Image) -> Embedding:
        self._card.check(crops)
        embeddings = [
            weight * encoder.embed(window.cut(crops)) for encoder, window, weight in self._parts
        ]
        return unit(np.concatenate(embeddings, axis=1))
