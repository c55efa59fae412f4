"""Scores of pairs of photos: the bare cosine, and the score that the product decides on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding
from accessctl.gallery.normalisation import Statistics, neighbour_statistics, normalise

Floats = NDArray[np.float32]

COSINES = (-1.0, 1.0)
NORMALISED = (-100.0, 100.0)


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """Scores between the rows of one set of photos. Made by `cosine` or `normalised`.

    `span` holds practically all scores. A photo in which nobody was `found` scores minus
    infinity with everything.
    """

    name: str
    span: tuple[float, float]
    found: NDArray[np.bool_]
    _embeddings: Embedding
    _side: Statistics | None

    def block(self, rows: slice, columns: slice) -> Floats:
        """All scores (R, C) of the photos `rows` with the photos `columns`."""
        scores: Floats = self._embeddings[rows] @ self._embeddings[columns].T
        if self._side is not None:
            mean, deviation = self._side.mean, self._side.deviation
            scores = normalise(
                scores, mean[rows, None], deviation[rows, None], mean[columns], deviation[columns]
            )
        scores[~self.found[rows]] = -np.inf
        scores[:, ~self.found[columns]] = -np.inf
        return scores

    def pairs(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
        """The scores (P,) of the pairs of photos `first` (P,) and `second` (P,)."""
        scores: Floats = np.einsum("nd,nd->n", self._embeddings[first], self._embeddings[second])
        if self._side is not None:
            mean, deviation = self._side.mean, self._side.deviation
            scores = normalise(
                scores, mean[first], deviation[first], mean[second], deviation[second]
            )
        return np.where(self.found[first] & self.found[second], scores, np.float32(-np.inf))


def cosine(embeddings: Embedding, found: NDArray[np.bool_]) -> Scorer:
    """Of unit embeddings (N, D), NaN where nobody was `found` (N,)."""
    return Scorer("cosine", COSINES, found, _filled(embeddings, found), None)


def normalised(
    embeddings: Embedding, found: NDArray[np.bool_], cohort: Floats, neighbours: int
) -> Scorer:
    """The same, normalised by the `neighbours` nearest of a cohort (C, D) as a door does it."""
    filled = _filled(embeddings, found)
    side = neighbour_statistics(filled, cohort, neighbours)
    return Scorer("normalised", NORMALISED, found, filled, side)


def _filled(embeddings: Embedding, found: NDArray[np.bool_]) -> Embedding:
    """A stand-in for what is missing: NaN would slow everything down, and warn."""
    filled: Embedding = np.where(found[:, None], embeddings, np.float32(0))
    return filled
