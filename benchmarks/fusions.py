"""Ways to make a score of an embedding's parts, between the cosine and the normalised score.

Each is a `Fusion`; `Fused` scores by it as a `Normaliser` does, so that everything that measures
the product's score measures it, too. See benchmarks.fused_score.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.base import unit
from accessctl.encoder.card import Card
from accessctl.encoder.card_parts import ScoredPart
from accessctl.evaluation.calibrate_encoder import LIKE_NEIGHBOURS, LIKE_SPREAD
from accessctl.recognition.normalisation import (
    LEAST,
    Normaliser,
    Sides,
    dequantise,
    load_cohort,
    quantise,
)

CENTRE_NEIGHBOURS = 100

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How a score is made; as it stands, today's.

    Of each part of an embedding `centred` times the mean of its nearest cohort faces is taken off.
    `mean` is the share of a side's own neighbour mean that is subtracted, the rest being
    everybody's; `deviation` the exponent of its own deviation, the rest again everybody's.
    `second` is the weight of the second part. `normalised` and `cosine` are how often either score
    is added up; the cosine is of embeddings that are not centred only. `balanced` says that the
    cohort is made for this very score, in place of the one that ships, which was made for today's.
    """

    centred: float = 0.0
    mean: float = 1.0
    deviation: float = 1.0
    second: float = 1.5
    neighbours: int = LIKE_NEIGHBOURS
    normalised: float = 1.0
    cosine: float = 0.0
    balanced: bool = False


CANDIDATES = {
    "today": Fusion(),
    "cosine": Fusion(normalised=0.0, cosine=1.0),
    "cosine added twice": Fusion(cosine=2.0),
    "cosine added 5 times": Fusion(cosine=5.0),
    "cosine added 10 times": Fusion(cosine=10.0),
    "half the mean": Fusion(mean=0.5),
    "0.7 of the mean": Fusion(mean=0.7),
    "0.85 of the mean": Fusion(mean=0.85),
    "1.15 of the mean": Fusion(mean=1.15),
    "mean only": Fusion(deviation=0.0),
    "parts 1 : 2": Fusion(second=2.0),
    "100 neighbours": Fusion(neighbours=100),
    "A": Fusion(centred=0.3),
    "B": Fusion(centred=0.5, mean=0.7),
    "centred by 0.85, nothing more": Fusion(centred=0.85, mean=0.0, deviation=0.0),
    "today, cohort balanced anew": Fusion(balanced=True),
    "C": Fusion(centred=0.4, mean=0.8, balanced=True),
    "D": Fusion(centred=0.5, mean=0.7, balanced=True),
    "E": Fusion(centred=0.6, mean=0.6, balanced=True),
}


class Fused(Normaliser):
    """As `fusion` says; `usual` (N, D) are the faces that tell everybody's mean and deviation, and
    `cohort` (C, D) are others than the card's (None: those).

    Centring by the nearest: Hara et al., "Localized centering: reducing hubness in large-sample
    data", AAAI 2015, here of the embedding and not of the similarity.
    """

    def __init__(
        self, card: Card, fusion: Fusion, usual: Floats, cohort: Floats | None = None
    ) -> None:
        scored = card.calibration and card.calibration.parts
        if not scored or len(scored) != 2 or card.cohort is None:
            raise SystemExit(f"{card.folder} is not calibrated by two parts.")
        first, second = scored
        parts = (first, ScoredPart(numbers=second.numbers, weight=fusion.second))
        self.fusion = fusion
        # As a door loads it: rounded to a byte a number.
        shipped = card.path(card.cohort)
        rows = load_cohort(shipped) if cohort is None else dequantise(quantise(cohort))
        super().__init__(rows, fusion.neighbours, parts, LIKE_SPREAD)
        self._members = [unit(rows[:, own]) for own in self.columns]
        if fusion.centred:
            super().__init__(self._centred(rows, 1), fusion.neighbours, parts, LIKE_SPREAD)
        own = super().sides(self._centred(usual))
        self._usual = own.mean.mean(axis=1)[:, None], own.deviation.mean(axis=1)[:, None]

    def sides(self, embeddings: Floats, spread: NDArray[np.float64] | None = None) -> Sides:
        own, fusion = super().sides(self._centred(embeddings), spread), self.fusion
        mean, deviation = self._usual
        return replace(
            own,
            mean=fusion.mean * own.mean + (1 - fusion.mean) * mean,
            deviation=own.deviation**fusion.deviation * deviation ** (1 - fusion.deviation),
        )

    def scores(self, one: Sides, other: Sides) -> Floats:
        found = np.float32(self.fusion.normalised) * super().scores(one, other)
        if self.fusion.cosine:
            found += np.float32(self.fusion.cosine) * (one.embeddings @ other.embeddings.T)
        return found

    def pairs(self, one: Sides, other: Sides) -> Floats:
        found = np.float32(self.fusion.normalised) * super().pairs(one, other)
        cosines: Floats = np.einsum("nd,nd->n", one.embeddings, other.embeddings)
        found += np.float32(self.fusion.cosine) * cosines
        return found

    def _centred(self, rows: Floats, nearer: int = 0) -> Floats:
        """`rows` (N, D) less the share of their neighbours' mean, each part at its former length;
        `nearer` of the nearest are themselves."""
        if not self.fusion.centred:
            return rows
        centred = np.empty_like(rows)
        for own, cohort in zip(self.columns, self._members, strict=True):
            length = np.maximum(np.linalg.norm(rows[:, own], axis=1, keepdims=True), LEAST)
            units = rows[:, own] / length
            most = CENTRE_NEIGHBOURS + nearer
            nearest = np.argpartition(-(units @ cohort.T), [nearer, most - 1], axis=1)
            middle = np.stack([cohort[near].mean(axis=0) for near in nearest[:, nearer:most]])
            centred[:, own] = unit(units - np.float32(self.fusion.centred) * middle) * length
        return centred
