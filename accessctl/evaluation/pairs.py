"""Scores of every pair of photos of a set: all genuine ones, the top of the impostors.

A `Scorer` gives the bare cosine, or the score that the product decides on. Millions of impostor
pairs are looked at block by block. A door works where false matches are rare, so only the highest
scores are kept one by one, the rest in a histogram.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding
from accessctl.errors import SourceError
from accessctl.recognition.normalisation import Normaliser, Sides

Floats = NDArray[np.float32]

COSINES = (-1.0, 1.0)

NORMALISED = (-100.0, 100.0)

BLOCK = 512

BINS = 20_000

KEPT = 0.1

KEPT_PAIRS = 1_000_000
"""At least this share of the impostor pairs and so many of them are kept one by one."""

Indices = NDArray[np.int32]


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


@dataclass(frozen=True, slots=True, eq=False)
class AllPairs:
    """`photos` int64 (P,): how many of each person. `genuine` (G,) scores of the people
    `genuine_person` (G,). `top` (K,) impostor scores from `floor` up, the highest first,
    between the people `top_first` and `top_second` (K,); `impostors` is the number of all
    impostor pairs, and `counts` (BINS,) the histogram over `edges` (BINS + 1,) of those that
    could be compared."""

    photos: NDArray[np.int64]
    genuine: Floats
    genuine_person: Indices
    top: Floats
    top_first: Indices
    top_second: Indices
    floor: float
    impostors: int
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    def above(self, threshold: float) -> int:
        """How many impostor pairs score above it; ValueError where they were not kept."""
        if threshold < self.floor:
            raise ValueError(
                f"impostor scores were kept from {self.floor:.3f}, not {threshold:.3f}"
            )
        return int(np.searchsorted(-self.top, -threshold, side="left"))

    def errors_at(self, threshold: float) -> tuple[float, float]:
        """FMR and FNMR; ValueError where the impostor scores were not kept."""
        missed = float(np.mean(~(self.genuine > threshold)))
        return self.above(threshold) / self.impostors, missed

    def threshold(self, fmr: float) -> float:
        """The lowest kept score that at most `fmr` of the impostor pairs lie above."""
        allowed = int(fmr * self.impostors + 1e-9)
        if allowed >= len(self.top):
            raise ValueError(f"too few impostor scores were kept for a rate of {fmr:g}")
        return float(self.top[allowed])


def all_pairs(
    scorer: Scorer,
    person: NDArray[np.int64],
    *,
    down_to: float = np.inf,
    kept: float = KEPT,
    kept_pairs: int = KEPT_PAIRS,
    at_once: int = BLOCK,
) -> AllPairs:
    """Every pair of the scorer's photos, `person` int64 (N,) saying whose each is.

    Impostor scores are kept at least from `down_to` up; `at_once` photos are compared with all at
    a time. SourceError when no two people
    were found.
    """
    counts = np.zeros(BINS, np.int64)
    genuine, owners = [], []
    for block in _blocks(scorer, person, at_once):
        counts += _histogram(block.scores[block.impostor], scorer.span)
        genuine.append(block.scores[block.genuine])
        owners.append(block.first[np.nonzero(block.genuine)[0]])
    photos = np.bincount(person)
    impostors = int((photos.sum() ** 2 - (photos**2).sum()) // 2)
    if not counts.any():
        raise SourceError("No two people are found in these photos; name photos of several people.")
    edges = np.linspace(*scorer.span, BINS + 1)
    floor = min(down_to, _floor(counts, edges, max(kept * impostors, kept_pairs)))
    top, first, second = [], [], []
    for block in _blocks(scorer, person, at_once):
        rows, columns = np.nonzero(block.impostor & (block.scores >= np.float32(floor)))
        top.append(block.scores[rows, columns])
        first.append(block.first[rows])
        second.append(block.second[columns])
    scores = np.concatenate(top)
    order = np.argsort(-scores, kind="stable")
    return AllPairs(
        photos=photos,
        genuine=np.concatenate(genuine),
        genuine_person=np.concatenate(owners).astype(np.int32),
        top=scores[order],
        top_first=np.concatenate(first).astype(np.int32)[order],
        top_second=np.concatenate(second).astype(np.int32)[order],
        floor=floor,
        impostors=impostors,
        edges=edges,
        counts=counts,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Scores (R, C) between photos of the people `first` (R,) and `second` (C,); the masks
    (R, C) say which pairs are whose, each pair of the set being in one of all blocks."""

    scores: Floats
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    genuine: NDArray[np.bool_]
    impostor: NDArray[np.bool_]


def _blocks(scorer: Scorer, person: NDArray[np.int64], size: int) -> Iterator[_Block]:
    for start in range(0, len(person), size):
        rows, columns = slice(start, start + size), slice(start, len(person))
        first, second = person[rows], person[columns]
        same = first[:, None] == second
        later = np.arange(len(second)) > np.arange(len(first))[:, None]
        yield _Block(scorer.block(rows, columns), first, second, same & later, ~same & later)


def _histogram(scores: Floats, span: tuple[float, float]) -> NDArray[np.int64]:
    low, high = span
    compared = scores[np.isfinite(scores)]
    bins = ((compared - np.float32(low)) * np.float32(BINS / (high - low))).astype(np.int32)
    return np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)


def _floor(counts: NDArray[np.int64], edges: NDArray[np.float64], wanted: float) -> float:
    """A score that at least `wanted` of the counted reach, or all of them."""
    reach = np.cumsum(counts[::-1])[::-1]
    enough = np.flatnonzero(reach >= wanted)
    # One bin of slack: a score may be rounded over an edge.
    lowest = int(enough[-1]) - 1 if len(enough) else 0
    return float(edges[lowest]) if lowest > 0 else float(np.finfo(np.float32).min)
