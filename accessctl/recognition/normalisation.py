"""Adaptive symmetric score normalisation (AS-norm), part by part, and the cohort that it needs.

A similarity is judged by what each of its two sides usually gets from strangers who
look most like it: s' = ((s - m_t) / d_t + (s - m_p) / d_p) / 2, where m is the mean of that
side's similarities to its own K nearest cohort members, and d the standard deviation of those to
the nearest L. A small K keeps to members of the side's own kind, of whom a cohort may hold few;
a deviation of so few would be uncertain, so L is larger.
Symmetric normalisation: Kenny, "Bayesian speaker verification with heavy-tailed priors",
Odyssey 2010; with each side's own nearest cohort: Cumani et al., "Comparison of speaker
recognition approaches for real applications", Interspeech 2011, and Matejka et al.,
"Analysis of score normalization in multilingual speaker recognition", Interspeech 2017
(there AS-norm 1).

The parts of a joint embedding are normalised each by itself and their scores averaged:
somebody whose face looks common to one encoder may look rare to the other, which one mean
and deviation for both cannot say.

The cohort are embeddings of people nobody enrolled. Its file holds one byte a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.encoder.card_parts import ScoredPart
from accessctl.errors import ModelError
from accessctl.storage.files import atomic_file
from accessctl.storage.parsing import read_arrays

Floats = NDArray[np.float32]
Stored = NDArray[np.int8]
BLOCK = 512
FEW = 10
# What has no length, or only twins in the cohort, would divide by nothing.
LEAST = np.float32(1e-6)

# Of a cohort's file.
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Embeddings (N, D) as sides of a comparison; P parts (P, N) each: the reciprocal `length`
    of the part, mean and standard deviation of its nearest cohort similarities. `spread` float64
    (N,) says how unlike the photos were that each was pooled from, see `pooling.Pooled`."""

    embeddings: Floats
    length: Floats
    mean: Floats
    deviation: Floats
    spread: NDArray[np.float64]

    def rows(self, index: slice | NDArray[np.integer]) -> "Sides":
        """Some of them, in the order of `index`."""
        return Sides(
            self.embeddings[index],
            self.length[:, index],
            self.mean[:, index],
            self.deviation[:, index],
            self.spread[index],
        )


class Normaliser:
    """Scores pairs of unit embeddings (D,) by a unit `cohort` (C, D), its `neighbours` nearest
    members to each side and the deviation of its `spread` nearest (None: of the same). A cohort
    of int8 is taken as `quantise` made it.

    Without `parts` the embedding is scored as a whole. ModelError when they do not fit together.
    """

    def __init__(
        self,
        cohort: Floats | Stored,
        neighbours: int,
        parts: Sequence[ScoredPart] = (),
        spread: int | None = None,
    ) -> None:
        spread = neighbours if spread is None else spread
        if min(neighbours, spread) < 2:
            raise ModelError(
                "The encoder's calibration names fewer than 2 neighbours; "
                "run `accessctl models calibrate` or fetch the encoder again."
            )
        if cohort.ndim != 2 or len(cohort) < max(neighbours, spread):
            raise ModelError(
                f"The encoder's cohort has fewer than {max(neighbours, spread)} faces, which its "
                "calibration needs; fetch the encoder again."
            )
        whole = (ScoredPart(numbers=cohort.shape[1], weight=1.0),)
        self.parts = tuple(parts) or whole
        if sum(part.numbers for part in self.parts) != cohort.shape[1]:
            raise ModelError(
                f"The parts that the encoder's calibration scores are not the {cohort.shape[1]} "
                "numbers of its cohort; run `accessctl models calibrate` again."
            )
        self.neighbours, self.spread = neighbours, spread
        self.cohort_size, self.dimension = cohort.shape
        total = sum(part.weight for part in self.parts)
        self.shares = [np.float32(part.weight / total / 2) for part in self.parts]
        ends = np.cumsum([part.numbers for part in self.parts]).tolist()
        self.columns = [
            slice(end - part.numbers, end) for end, part in zip(ends, self.parts, strict=True)
        ]
        self._cohort = [_unit_part(cohort[:, own]) for own in self.columns]

    def sides(self, embeddings: Floats, spread: NDArray[np.float64] | None = None) -> Sides:
        """What comparisons need of unit embeddings (N, D); their `spread` (N,) where they were
        pooled, None where each is of a single photo."""
        length, mean, deviation = [], [], []
        for own, cohort in zip(self.columns, self._cohort, strict=True):
            block = embeddings[:, own]
            length.append(_reciprocal_length(block))
            found = neighbour_statistics(
                block * length[-1][:, None], cohort, self.neighbours, self.spread
            )
            mean.append(found[0])
            deviation.append(found[1])
        spread = np.zeros(len(embeddings)) if spread is None else spread
        return Sides(embeddings, np.stack(length), np.stack(mean), np.stack(deviation), spread)

    def scores(self, one: Sides, other: Sides) -> Floats:
        """Of all pairs (N, M) of N sides with M others."""
        total = np.zeros((len(one.embeddings), len(other.embeddings)), np.float32)
        for part, own in enumerate(self.columns):
            products = one.embeddings[:, own] @ other.embeddings[:, own].T
            # ((s - m) / d) summed over both sides: s (1/d + 1/d') is one product of rank two.
            products *= _rises(one, part).T @ _rises(other, part)[::-1]
            products -= _offset(one, part)[:, None] + _offset(other, part)
            products *= self.shares[part]
            total += products
        return total

    def pairs(self, one: Sides, other: Sides) -> Floats:
        """Of each of N sides with the other of the same row: (N,)."""
        total = np.zeros(len(one.embeddings), np.float32)
        for part, own in enumerate(self.columns):
            products = np.einsum("nd,nd->n", one.embeddings[:, own], other.embeddings[:, own])
            products *= (_rises(one, part) * _rises(other, part)[::-1]).sum(axis=0)
            products -= _offset(one, part) + _offset(other, part)
            total += products * self.shares[part]
        return total

    def slopes(self, one: Sides, other: Sides) -> Floats:
        """How much each row's score (N,) rises with the similarity of all its parts alike."""
        rise = 1 / one.deviation + 1 / other.deviation
        slopes: Floats = (np.array(self.shares)[:, None] * rise).sum(axis=0)
        return slopes


class CohortPart:
    """What a part of the embedding is compared with: `rows` (C, D), each times its `scale` (C,).

    Stored ones stay at one byte a number, so that a fourth of them is read from memory for each
    search; the similarities are the same as those of float32 rows, up to rounding.
    """

    def __init__(self, rows: Floats | Stored, scale: Floats | None = None) -> None:
        self._rows = np.ascontiguousarray(rows)
        self._scale = scale

    def similarities(self, embeddings: Floats) -> Floats:
        """Products (N, C) of embeddings (N, D) with the cohort: cosines where both are unit.

        The cohort is taken block by block, each of which is read from memory once and stays in a
        core's own cache for all of a few embeddings; for many it is a product of matrices, which
        copies its arguments first.
        """
        count, dimension = self._rows.shape
        similarities = np.empty((len(embeddings), count), np.float32)
        wide = np.empty((BLOCK, dimension), np.float32)
        for start in range(0, count, BLOCK):
            part: Any = self._rows[start : start + BLOCK]
            columns = slice(start, start + BLOCK)
            if part.dtype != np.float32:
                np.copyto(wide[: len(part)], part)
                part = wide[: len(part)]
            if len(embeddings) > FEW:
                similarities[:, columns] = embeddings @ part.T
                continue
            for own, embedding in zip(similarities, embeddings, strict=True):
                np.dot(part, embedding, out=own[columns])
        if self._scale is not None:
            similarities *= self._scale
        return similarities


def neighbour_statistics(
    embeddings: Floats, cohort: "CohortPart", neighbours: int, spread: int | None = None
) -> tuple[Floats, Floats]:
    """Of the similarities of unit embeddings (N, D) to a cohort of C: the mean (N,) of the
    `neighbours` highest and the standard deviation (N,) of the `spread` highest (None: of the
    same); both numbers lie between 2 and C."""
    spread = neighbours if spread is None else spread
    most = max(neighbours, spread)
    mean = np.empty(len(embeddings), np.float32)
    deviation = np.empty(len(embeddings), np.float32)
    for start in range(0, len(embeddings), BLOCK):
        rows = slice(start, start + BLOCK)
        similarities = cohort.similarities(embeddings[rows])
        nearest = np.partition(similarities, -most, axis=1)[:, -most:]
        mean[rows] = _highest(nearest, neighbours).mean(axis=1)
        deviation[rows] = _highest(nearest, spread).std(axis=1)
    return mean, np.maximum(deviation, LEAST)


def _highest(rows: Floats, number: int) -> Floats:
    if number == rows.shape[1]:
        return rows
    highest: Floats = np.partition(rows, -number, axis=1)[:, -number:]
    return highest


def _unit_part(rows: Floats | Stored) -> CohortPart:
    reciprocal = _reciprocal_length(rows.astype(np.float32, copy=False))
    if rows.dtype == np.int8:
        return CohortPart(rows, reciprocal)
    return CohortPart(rows * reciprocal[:, None])


def _reciprocal_length(rows: Floats) -> Floats:
    reciprocal: Floats = 1 / np.maximum(np.linalg.norm(rows, axis=1), LEAST)
    return reciprocal.astype(np.float32, copy=False)


def _rises(side: Sides, part: int) -> Floats:
    """The part's reciprocal length, as it is and over its deviation: (2, N)."""
    return np.stack([side.length[part], side.length[part] / side.deviation[part]])


def _offset(side: Sides, part: int) -> Floats:
    offset: Floats = side.mean[part] / side.deviation[part]
    return offset


def quantise(cohort: NDArray[np.float32]) -> NDArray[np.int8]:
    """Unit rows (C, D) as int8, each row scaled by its largest component.

    The scale is not kept: rows are of unit length again after loading. Rounding moves a
    similarity by about 1e-3 (D = 128), far less than two photos of a person differ.
    """
    largest = np.abs(cohort).max(axis=1, keepdims=True)
    stored: NDArray[np.int8] = np.rint(cohort / largest * 127).astype(np.int8)
    return stored


def dequantise(stored: NDArray[np.int8]) -> NDArray[np.float32]:
    """Unit float32 rows (C, D) from `quantise`'s."""
    rows = stored.astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def save_cohort(path: Path, cohort: NDArray[np.float32]) -> None:
    """Write unit rows (C, D) to `path` (.npz), whole or not at all; OSError."""
    with atomic_file(path, mode=0o644) as file:
        np.savez_compressed(file, cohort=quantise(cohort))


def load_cohort(path: Path) -> NDArray[np.float32]:
    """Unit float32 rows (C, D) of a file from `save_cohort`; ModelError."""
    return dequantise(load_stored_cohort(path))


def load_stored_cohort(path: Path) -> Stored:
    """The rows (C, D) of a file from `save_cohort` as they lie there; ModelError."""
    try:
        (stored,) = read_arrays(path, ("cohort",), MAX_BYTES)
        if stored.dtype != np.int8 or stored.ndim != 2 or not len(stored):
            raise ValueError("not int8 rows")
        if not np.any(stored, axis=1).all():
            raise ValueError("a row without direction")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The encoder's cohort {path} is missing or damaged; "
            "fetch the encoder again or run `accessctl models calibrate`."
        ) from error
    return stored
