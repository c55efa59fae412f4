"""From strangers' scores to the card's table: score, false-match rate, upper bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.impostors import upper_pairs
from accessctl.evaluation.tail import (
    Tail,
    censored_scale,
    fit_tail,
    score_at_rate,
)

Floats = NDArray[np.float32]

COUNTED_STEP = 0.1
FITTED_STEP = 0.25
UPPER_PERCENT = 95.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Rates are counted down to `start`, the tail is fitted from there to `limit` and
    tabulated to `lowest`; the bound comes from `replicates` bootstrap samples of people."""

    start: float = 1e-4
    limit: float = 1e-5
    lowest: float = 1e-8
    replicates: int = 200


PLAN = Plan()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Float64 (R,) each, scores ascending; see gallery.calibration.Calibration."""

    score: NDArray[np.float64]
    log10_fmr: NDArray[np.float64]
    log10_fmr_upper: NDArray[np.float64]


def calibrate(scores: Floats, random: np.random.Generator, plan: Plan = PLAN) -> Table:
    """The table of a symmetric matrix of strangers' scores (N, N), one person a row.

    The bound is the 95th percentile over bootstrap samples of people, not of pairs: a
    person drawn k times counts in every pair k times (Bolle, Ratha and Pankanti, "Error
    analysis of pattern recognition systems: the subsets bootstrap", CVIU 93, 2004).
    ValueError when fewer than 10 pairs lie beyond the plan's limit.
    """
    descending = np.sort(upper_pairs(scores))[::-1]
    if len(descending) * plan.limit < 10:
        raise ValueError(f"{len(scores)} people are too few to fit a tail at {plan.limit:g}")
    tail = fit_tail(descending, plan.start, plan.limit)
    limit = score_at_rate(descending, plan.limit)
    counted = [score_at_rate(descending, 10.0**power) for power in _powers(plan.start)]
    fitted = [tail.score_at(10.0**power) for power in _tail_powers(plan)]
    grid = np.unique(np.array([float(descending[-1]), *counted, tail.start, *fitted]))
    below = grid <= tail.start
    rate = np.array(
        [
            np.log10(np.searchsorted(-descending, -score, side="right") / len(descending))
            if low
            else tail.log10_rate(score)
            for score, low in zip(grid, below, strict=True)
        ]
    )
    samples = _bootstrap(scores, grid, tail, limit, random, plan.replicates)
    upper = np.percentile(samples, UPPER_PERCENT, axis=0)
    return Table(grid, *_monotone(rate, upper))


def _powers(start: float) -> NDArray[np.float64]:
    lowest = np.log10(start)
    return np.linspace(0, lowest, round(-lowest / COUNTED_STEP) + 1)


def _tail_powers(plan: Plan) -> NDArray[np.float64]:
    high, low = np.log10(plan.start), np.log10(plan.lowest)
    return np.linspace(high, low, round((high - low) / FITTED_STEP) + 1)[1:]


def _bootstrap(
    scores: Floats,
    grid: NDArray[np.float64],
    tail: Tail,
    limit: float,
    random: np.random.Generator,
    replicates: int,
) -> NDArray[np.float64]:
    """log10 rates at the grid's scores in every bootstrap sample: (replicates, R)."""
    people = len(scores)
    weights = random.multinomial(people, np.full(people, 1 / people), replicates).astype("f4").T
    total = (weights.sum(axis=0) ** 2 - (weights**2).sum(axis=0)) / 2

    def rates_above(score: float) -> NDArray[np.float64]:
        above = (scores >= np.float32(score)).astype(np.float32)
        counts = (weights * (above @ weights)).sum(axis=0) / 2
        rates: NDArray[np.float64] = np.maximum(counts, 0.5) / total
        return rates

    rows, columns = np.nonzero(np.triu(scores, 1) > tail.start)
    excess = scores[rows, columns].astype(np.float64) - tail.start
    result = np.empty((replicates, len(grid)))
    beyond = grid > tail.start
    at_start = np.log10(rates_above(tail.start))
    scale = np.array(
        [
            censored_scale(excess, limit - tail.start, own[rows] * own[columns])
            for own in weights.T.astype(np.float64)
        ]
    )
    for column, score in enumerate(grid):
        if beyond[column]:
            result[:, column] = at_start - (score - tail.start) / (scale * np.log(10))
        else:
            result[:, column] = np.log10(rates_above(float(score)))
    return result


def _monotone(
    rate: NDArray[np.float64], upper: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates that never rise with the score, bounds never below them and never above 1."""
    rate = np.minimum(np.minimum.accumulate(rate), 0)
    bound = np.minimum(np.minimum.accumulate(np.maximum(upper, rate)), 0)
    return rate, np.maximum(bound, rate)
