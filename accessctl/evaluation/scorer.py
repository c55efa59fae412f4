"""Scores of pairs of photos: the bare cosine, and the score that the product decides on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding
from accessctl.recognition.normalisation import Normaliser, Sides

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
    _normalised: tuple[Normaliser, Sides] | None

    def block(self, rows: slice, columns: slice) -> Floats:
        """All scores (R, C) of the photos `rows` with the photos `columns`."""
        if self._normalised is None:
            scores: Floats = self._embeddings[rows] @ self._embeddings[columns].T
        else:
            normaliser, sides = self._normalised
            scores = normaliser.scores(sides.rows(rows), sides.rows(columns))
        scores[~self.found[rows]] = -np.inf
        scores[:, ~self.found[columns]] = -np.inf
        return scores

    def pairs(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
        """The scores (P,) of the pairs of photos `first` (P,) and `second` (P,)."""
        if self._normalised is None:
            one, other = self._embeddings[first], self._embeddings[second]
            scores: Floats = np.einsum("nd,nd->n", one, other)
        else:
            normaliser, sides = self._normalised
            scores = normaliser.pairs(sides.rows(first), sides.rows(second))
        return np.where(self.found[first] & self.found[second], scores, np.float32(-np.inf))


def cosine(embeddings: Embedding, found: NDArray[np.bool_]) -> Scorer:
    """Of unit embeddings (N, D), NaN where nobody was `found` (N,)."""
    return Scorer("cosine", COSINES, found, _filled(embeddings, found), None)


def normalised(embeddings: Embedding, found: NDArray[np.bool_], normaliser: Normaliser) -> Scorer:
    """The same, normalised as a door does it."""
    filled = _filled(embeddings, found)
    return Scorer("normalised", NORMALISED, found, filled, (normaliser, normaliser.sides(filled)))


def _filled(embeddings: Embedding, found: NDArray[np.bool_]) -> Embedding:
    """A stand-in for what is missing: NaN would slow everything down, and warn."""
    filled: Embedding = np.where(found[:, None], embeddings, np.float32(0))
    return filled
