"""How much more often strangers who are like each other match than strangers at random.

A table of rates is best made of many people who are known to be different ones, and such sets do
not say who is like whom. Sets that do (by sex, origin and age band) do not say which of their
photos show one person, and at the rates that a door asks for such pairs are most of what passes.
So the two are used where each is good: the table comes from the former, and the latter say by
what factor like strangers exceed it, at a rate at which pairs of one person hardly count. That the
factor stays the same further out is an assumption, which the evaluation by groups puts to the test.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.calibration_table import UPPER_PERCENT, Table
from accessctl.recognition.normalisation import Normaliser

Floats = NDArray[np.float32]

ANYBODY = 4e-3
"""The rate of strangers at random at which like strangers are counted."""

MOST_OF_ANY = 2.0
"""No group shall exceed the stated rate by more than this factor."""

LEAST_PAIRS = 5000
"""Of a smaller group's factor too little is known to go by it."""


@dataclass(frozen=True, slots=True)
class LikeExcess:
    """By what factor like strangers exceed strangers at random: each of `groups` in turn, and
    `value`, by which the table is raised, with its upper 95 % bound.

    `value` is the mean of the groups, or what keeps the worst of them within MOST_OF_ANY.
    """

    groups: Mapping[str, float]
    value: float
    upper: float


def like_excess(
    groups: Mapping[str, Floats],
    normaliser: Normaliser,
    score: float,
    random: np.random.Generator,
    replicates: int,
) -> LikeExcess | None:
    """Of groups of unit embeddings (N, D), each of somebody else, at the `score` that strangers at
    random reach at the rate ANYBODY.

    The bound comes from bootstrap samples of each group's people. None when no group is large
    enough to tell.
    """
    matches = {
        name: _matches(faces, normaliser, score)
        for name, faces in sorted(groups.items())
        if len(faces) * (len(faces) - 1) // 2 >= LEAST_PAIRS
    }
    if not matches:
        return None
    found = {name: _rate(match, np.ones(len(match))) for name, match in matches.items()}
    drawn = np.empty((replicates, len(matches)))
    for column, match in enumerate(matches.values()):
        people = len(match)
        weights = random.multinomial(people, np.full(people, 1 / people), replicates)
        drawn[:, column] = [_rate(match, own.astype(np.float64)) for own in weights]
    value = float(_raised(np.array([list(found.values())]))[0])
    upper = float(np.percentile(_raised(drawn), UPPER_PERCENT))
    return LikeExcess(
        {name: rate / ANYBODY for name, rate in found.items()},
        value / ANYBODY,
        max(upper, value) / ANYBODY,
    )


def raised(table: Table, excess: LikeExcess) -> Table:
    """The table of like strangers, from that of strangers at random.

    How far the bounds of both lie above the rates is independent, so their logarithms add in
    squares.
    """
    factor, spread = np.log10(excess.value), np.log10(excess.upper / excess.value)
    own = table.log10_fmr_upper - table.log10_fmr
    rate = np.minimum(table.log10_fmr + factor, 0)
    upper = np.minimum(table.log10_fmr + factor + np.sqrt(own**2 + spread**2), 0)
    upper = np.maximum(np.minimum.accumulate(upper), rate)
    return Table(table.score, rate, upper)


def _matches(faces: Floats, normaliser: Normaliser, score: float) -> NDArray[np.float64]:
    """1 for each pair (N, N) that reaches `score`, 0 for others and for a face with itself."""
    sides = normaliser.sides(faces)
    reached = (normaliser.scores(sides, sides) >= score).astype(np.float64)
    np.fill_diagonal(reached, 0)
    return reached


def _rate(matches: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Share of matches when each face counts so often, and never with itself."""
    pairs = weights.sum() ** 2 - np.square(weights).sum()
    return float(weights @ matches @ weights / pairs)


def _raised(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, G) -> (R,)."""
    value: NDArray[np.float64] = np.maximum(rates.mean(axis=1), rates.max(axis=1) / MOST_OF_ANY)
    return value
