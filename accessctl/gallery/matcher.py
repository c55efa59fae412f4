"""Search of one probe among everybody enrolled, and comparison of two faces."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding, Match, PersonId
from accessctl.errors import ModelError
from accessctl.gallery.calibration import Calibration
from accessctl.gallery.normalisation import neighbour_statistics, normalise
from accessctl.gallery.pooling import pool
from accessctl.gallery.values import Template


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two faces: cosine `similarity`, normalised `score`, its rate and upper 95 % bound.

    For a given pair the score is a straight line in the similarity; `slope` is its rise.
    """

    similarity: float
    score: float
    slope: float
    fmr: float
    fmr_upper: float

    def similarity_at(self, score: float) -> float:
        """The similarity these two faces would need for `score`; may lie outside [-1, 1]."""
        return self.similarity + (score - self.score) / self.slope


class Matcher:
    """A snapshot of the gallery, ready to be searched; never changes.

    `templates` are pooled to one per person, `cohort` is unit float32 (C, D). Raises
    ModelError when cohort, calibration and templates do not belong together.
    """

    def __init__(
        self,
        templates: Sequence[Template],
        cohort: NDArray[np.float32],
        calibration: Calibration,
    ) -> None:
        _check(templates, cohort, calibration)
        self._cohort = np.ascontiguousarray(cohort)
        self._calibration = calibration
        self._people, self._pooled = _pool_people(templates, cohort.shape[1])
        self._statistics = neighbour_statistics(self._pooled, self._cohort, calibration.neighbours)

    @property
    def people(self) -> int:
        """How many people are searched."""
        return len(self._people)

    def threshold(self, fmr: float) -> float:
        """The score at which a comparison keeps `fmr`; see Calibration.threshold."""
        return self._calibration.threshold(fmr)

    def search(self, probe: Embedding) -> Match | None:
        """The person whose normalised score is best; None when nobody is enrolled.

        `probe` is unit float32 (D,).
        """
        if not self._people:
            return None
        side = neighbour_statistics(probe[None], self._cohort, self._calibration.neighbours)
        similarities = self._pooled @ probe
        scores = normalise(
            similarities,
            self._statistics.mean,
            self._statistics.deviation,
            side.mean,
            side.deviation,
        )
        best = int(np.argmax(scores))
        score = float(scores[best])
        others = np.delete(scores, best)
        return Match(
            person=self._people[best],
            similarity=float(similarities[best]),
            score=score,
            margin=score - float(others.max()) if len(others) else math.inf,
            fmr=self._calibration.fmr(score),
            fmr_upper=self._calibration.fmr_upper(score),
        )

    def compare(self, a: Embedding, b: Embedding) -> Comparison:
        """Two unit embeddings (D,), nobody enrolled; the same in either order."""
        sides = neighbour_statistics(np.stack([a, b]), self._cohort, self._calibration.neighbours)
        mean, deviation = sides.mean, sides.deviation
        similarity = np.array([a @ b])
        scores = normalise(similarity, mean[:1], deviation[:1], mean[1:], deviation[1:])
        score = float(scores[0])
        return Comparison(
            similarity=float(similarity[0]),
            score=score,
            slope=float((1 / deviation).mean()),
            fmr=self._calibration.fmr(score),
            fmr_upper=self._calibration.fmr_upper(score),
        )

    def pairs_within(self, fmr: float) -> Iterator[tuple[PersonId, PersonId, float]]:
        """Pairs of enrolled people who look alike: score at or above `threshold(fmr)`.

        Yields both and their similarity, each pair once.
        """
        threshold = self.threshold(fmr)
        mean, deviation = self._statistics.mean, self._statistics.deviation
        for row, person in enumerate(self._people):
            later = slice(row + 1, None)
            similarities = self._pooled[later] @ self._pooled[row]
            scores = normalise(
                similarities, mean[later], deviation[later], mean[row], deviation[row]
            )
            for other in np.flatnonzero(scores >= threshold):
                yield person, self._people[row + 1 + other], float(similarities[other])


def _pool_people(
    templates: Sequence[Template], dimension: int
) -> tuple[tuple[PersonId, ...], NDArray[np.float32]]:
    grouped: dict[PersonId, list[Template]] = {}
    for template in templates:
        grouped.setdefault(template.person, []).append(template)
    pooled = np.empty((len(grouped), dimension), np.float32)
    for row, own in enumerate(grouped.values()):
        pooled[row] = pool(
            np.stack([template.embedding for template in own]),
            np.array([template.quality for template in own]),
        )
    return tuple(grouped), pooled


def _check(
    templates: Sequence[Template], cohort: NDArray[np.float32], calibration: Calibration
) -> None:
    if cohort.ndim != 2 or len(cohort) < calibration.neighbours:
        raise ModelError(
            f"The encoder's cohort has fewer than {calibration.neighbours} faces, which its "
            "calibration needs; fetch the encoder again."
        )
    if any(template.embedding.shape != cohort.shape[1:] for template in templates):
        raise ModelError(
            f"The gallery's templates do not have the {cohort.shape[1]} numbers of the encoder's "
            "cohort; the templates must be renewed with this encoder."
        )
