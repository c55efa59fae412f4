"""Scores that strangers get, as a door would score them.

The people at a door come from none of the cohort's sources. Normalised by a cohort from
their own source they find neighbours that are too close (the same photographers, cameras
and compression) and their scores come out too low: measured with LFW, rates of a third of
the true ones. So the cohort holds none of the sources that the strangers come from.
"""

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.tail import fit_tail
from accessctl.recognition.normalisation import BLOCK, Normaliser

Floats = NDArray[np.float32]

FALSE_TWINS = 1 / 3
"""Of the pairs of names that are taken for one person, so many may be strangers: one that is
dropped wrongly makes the table a little less strict, a twin left in it much too strict."""


def impostor_scores(faces: Floats, identity: NDArray[np.int64], normaliser: Normaliser) -> Floats:
    """Score of every pair of `faces` (N, D) by a normaliser of other people: (N, N).

    Rows are unit length, `identity` (N,) says whose each is. Pairs of one person, the
    diagonal among them, are minus infinity.
    """
    sides = normaliser.sides(faces)
    scores = np.empty((len(faces), len(faces)), np.float32)
    for start in range(0, len(faces), BLOCK):
        rows = slice(start, start + BLOCK)
        block = normaliser.scores(sides.rows(rows), sides)
        block[identity[rows, None] == identity] = -np.inf
        scores[rows] = block
    return scores


def pairs_descending(scores: Floats) -> Floats:
    """The scores of all pairs of strangers, each pair once, the highest first: (P,)."""
    pairs = scores[np.triu_indices(len(scores), 1)]
    descending: Floats = np.sort(pairs[np.isfinite(pairs)])[::-1]
    return descending


def twins(
    scores: Floats, identity: NDArray[np.int64], start_rate: float, limit_rate: float
) -> set[int]:
    """Identities that are somebody already seen: labels and faces hold people twice.

    Two identities are one person when their mean score over all pairs of faces is one that
    strangers do not explain: of all pairs at or above it at most FALSE_TWINS are expected by
    the tail fitted between the two rates (Benjamini and Hochberg, "Controlling the false
    discovery rate", JRSS B 57, 1995). Of each such pair the later identity goes.
    """
    known, means = _means(scores, identity)
    np.fill_diagonal(means, -np.inf)
    descending = pairs_descending(means)
    tail = fit_tail(descending, start_rate, limit_rate)
    far = descending[descending > tail.start].astype(np.float64)
    expected = len(descending) * tail.rate * np.exp(-(far - tail.start) / tail.scale)
    discovered = np.flatnonzero(expected <= FALSE_TWINS * np.arange(1, len(far) + 1))
    if not len(discovered):
        return set()
    certain = far[discovered[-1]]
    return {int(known[column]) for column in np.nonzero(np.triu(means, 1) >= certain)[1]}


def _means(
    scores: Floats, identity: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Identities (P,) and the mean score of each with each other (P, P)."""
    known, member, faces = np.unique(identity, return_inverse=True, return_counts=True)
    order = np.argsort(member, kind="stable")
    first = np.cumsum(faces) - faces
    sums = np.where(np.isfinite(scores), scores, 0)[np.ix_(order, order)]
    for axis in (0, 1):
        sums = np.add.reduceat(sums, first, axis=axis)
    return known, (sums / np.outer(faces, faces)).astype(np.float32)
