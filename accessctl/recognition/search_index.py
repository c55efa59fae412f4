"""The two best scores of a probe among many sides, without reading more than is needed.

Each part of the sides lies in one piece. Of a large gallery one byte a number is read first: that
tells each score up to a bound, and whoever may still be among the first two is scored anew from
the numbers themselves. So the answer is the same as if everything had been read.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.recognition.normalisation import Floats, Normaliser, Sides

LARGE = 20_000
"""From so many people on reading memory is what a search costs."""

BLOCK = 512
"""Rows that are widened to float32 at once: they stay in a core's own cache."""

ROUNDING = np.float32(1e-3)
"""Added to the bound of a score: far more than float32 sums of unit vectors are off."""


@dataclass(frozen=True, slots=True)
class Leaders:
    """Who scores best, in which row; and the second best score, -inf where there is nobody else."""

    row: int
    score: float
    second: float


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """`rows` of one part: unit float32 (N, d), or int8 with `scale` and the length of what
    rounding took away, `error`; `rise` (N,) of the score with their similarity."""

    rows: NDArray[np.float32] | NDArray[np.int8]
    rise: Floats
    scale: Floats | None = None
    error: Floats | None = None


class SearchIndex:
    """Of `sides`, those of at least one person; as `normaliser` scores them."""

    def __init__(self, normaliser: Normaliser, sides: Sides, large: int = LARGE) -> None:
        self._normaliser, self._sides = normaliser, sides
        self._compact = len(sides.embeddings) >= large
        self._parts = [self._part(number) for number in range(len(normaliser.parts))]
        self._offset = self._offsets(sides)

    def leaders(self, probe: Sides) -> Leaders:
        """The best of all rows, and the second best score; `probe` is one side."""
        scores, bounds = self._scores(probe)
        if bounds is None:
            return _leaders(scores)
        least = np.partition(scores - bounds, -2)[-2] if len(scores) > 1 else -np.inf
        possible = np.flatnonzero(scores + bounds >= least)
        if not len(possible):
            # No score is a number.
            return _leaders(scores)
        again = self._normaliser.scores(self._sides.rows(possible), probe)[:, 0]
        found = _leaders(again)
        return Leaders(int(possible[found.row]), found.score, found.second)

    def _part(self, number: int) -> _Part:
        own, sides = self._normaliser.columns[number], self._sides
        rise = self._normaliser.shares[number] / sides.deviation[number]
        units = sides.embeddings[:, own] * sides.length[number][:, None]
        if not self._compact:
            return _Part(units, rise)
        scale = np.maximum(np.abs(units).max(axis=1), np.float32(1e-6)) / 127
        rows = np.rint(units / scale[:, None]).astype(np.int8)
        units -= rows * scale[:, None]
        return _Part(rows, rise, scale, np.linalg.norm(units, axis=1))

    def _offsets(self, sides: Sides) -> Floats:
        """What the scores of `sides` (N,) fall short of by the means of their neighbours."""
        shares = np.array(self._normaliser.shares)[:, None]
        offsets: Floats = (shares * sides.mean / sides.deviation).sum(axis=0)
        return offsets

    def _scores(self, probe: Sides) -> tuple[Floats, Floats | None]:
        """Of every row (N,), and how far each may be off; None where they are exact."""
        total = np.negative(self._offset)
        total -= self._offsets(probe)
        bounds = np.full_like(total, ROUNDING) if self._compact else None
        for number, part in enumerate(self._parts):
            unit = probe.embeddings[0, self._normaliser.columns[number]] * probe.length[number, 0]
            rise = part.rise + self._normaliser.shares[number] / probe.deviation[number, 0]
            score = _products(part, unit)
            score *= rise
            total += score
            if bounds is not None and part.error is not None:
                rise *= part.error
                bounds += rise
        return total, bounds


def _products(part: _Part, unit: Floats) -> Floats:
    if part.scale is None:
        products: Floats = part.rows @ unit
        return products
    count, dimension = part.rows.shape
    products, wide = np.empty(count, np.float32), np.empty((BLOCK, dimension), np.float32)
    for start in range(0, count, BLOCK):
        rows = part.rows[start : start + BLOCK]
        block = wide[: len(rows)]
        np.copyto(block, rows)
        np.dot(block, unit, out=products[start : start + BLOCK])
    products *= part.scale
    return products


def _leaders(scores: Floats) -> Leaders:
    row = int(np.argmax(scores))
    score = float(scores[row])
    before, after = scores[:row].max(initial=-np.inf), scores[row + 1 :].max(initial=-np.inf)
    return Leaders(row, score, float(np.maximum(before, after)))
