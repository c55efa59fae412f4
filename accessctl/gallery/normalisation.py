"""Adaptive symmetric score normalisation (AS-norm).

A similarity is judged by what each of its two sides usually gets from strangers who
look most like it: s' = ((s - m_t) / d_t + (s - m_p) / d_p) / 2, where m and d are mean
and standard deviation of that side's similarities to its own K nearest cohort members.
Symmetric normalisation: Kenny, "Bayesian speaker verification with heavy-tailed priors",
Odyssey 2010; with each side's own nearest cohort: Cumani et al., "Comparison of speaker
recognition approaches for real applications", Interspeech 2011, and Matejka et al.,
"Analysis of score normalization in multilingual speaker recognition", Interspeech 2017
(there AS-norm 1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Mean and standard deviation of each side's nearest cohort similarities: (N,) each."""

    mean: Floats
    deviation: Floats


def neighbour_statistics(embeddings: Floats, cohort: Floats, neighbours: int) -> Statistics:
    """Statistics of unit embeddings (N, D) against a unit cohort (C, D).

    ValueError unless 2 <= neighbours <= C.
    """
    if not 2 <= neighbours <= len(cohort):
        raise ValueError(f"{neighbours} neighbours in a cohort of {len(cohort)}")
    mean = np.empty(len(embeddings), np.float32)
    deviation = np.empty(len(embeddings), np.float32)
    for start in range(0, len(embeddings), BLOCK):
        rows = slice(start, start + BLOCK)
        similarities = embeddings[rows] @ cohort.T
        nearest = np.partition(similarities, -neighbours, axis=1)[:, -neighbours:]
        mean[rows] = nearest.mean(axis=1)
        deviation[rows] = nearest.std(axis=1)
    # Cohort members that are all alike would divide by nothing.
    return Statistics(mean, np.maximum(deviation, np.float32(1e-6)))


def normalise(
    similarity: Floats,
    mean_t: Floats,
    deviation_t: Floats,
    mean_p: Floats,
    deviation_p: Floats,
) -> Floats:
    """The equation above; all arguments broadcast, the order of the sides is of no matter."""
    scores: Floats = (
        (similarity - mean_t) / deviation_t + (similarity - mean_p) / deviation_p
    ) * np.float32(0.5)
    return scores
