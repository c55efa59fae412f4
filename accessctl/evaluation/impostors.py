"""Scores that strangers get, as a door would score them.

The people at a door come from none of the cohort's sources. Normalised by a cohort from
their own source they find neighbours that are too close (the same photographers, cameras
and compression) and their scores come out too low: measured with LFW, rates of a third of
the true ones. So the people of one source are normalised by the cohort of the others only.
"""

import numpy as np
from numpy.typing import NDArray

from accessctl.gallery.normalisation import BLOCK, neighbour_statistics, normalise

Floats = NDArray[np.float32]


def impostor_scores(people: Floats, others: Floats, neighbours: int) -> Floats:
    """Normalised score of every pair of `people` (N, D) by `others` (C, D): (N, N).

    Rows are unit length; one row a person, so that every pair off the diagonal is of two
    strangers. The diagonal is minus infinity.
    """
    own = neighbour_statistics(people, others, neighbours)
    scores = np.empty((len(people), len(people)), np.float32)
    for start in range(0, len(people), BLOCK):
        rows = slice(start, start + BLOCK)
        scores[rows] = normalise(
            people[rows] @ people.T,
            own.mean[rows, None],
            own.deviation[rows, None],
            own.mean,
            own.deviation,
        )
    np.fill_diagonal(scores, -np.inf)
    return scores


def upper_pairs(scores: Floats) -> Floats:
    """The scores above the diagonal, each pair once: (N (N - 1) / 2,)."""
    pairs: Floats = scores[np.triu_indices(len(scores), 1)]
    return pairs
