"""From strangers' scores to the card's table: score, false-match rate, upper bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.impostors import pairs_descending
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
class TablePlan:
    """Rates are counted down to `start`, the tail is fitted from there to `limit` and
    tabulated to `lowest`; the bound comes from `replicates` bootstrap samples of people."""

    start: float = 1e-4
    limit: float = 1e-5
    lowest: float = 1e-8
    replicates: int = 200


PLAN = TablePlan()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Float64 (R,) each, scores ascending; see gallery.calibration.Calibration."""

    score: NDArray[np.float64]
    log10_fmr: NDArray[np.float64]
    log10_fmr_upper: NDArray[np.float64]


def calibrate(
    scores: Floats,
    identity: NDArray[np.int64],
    random: np.random.Generator,
    plan: TablePlan = PLAN,
) -> Table:
    """The table of the strangers' scores (N, N) of impostors.impostor_scores.

    The bound is the 95th percentile over bootstrap samples of people, not of pairs: a
    person drawn k times counts in every pair k times (Bolle, Ratha and Pankanti, "Error
    analysis of pattern recognition systems: the subsets bootstrap", CVIU 93, 2004).
    ValueError when fewer than 10 pairs lie beyond the plan's limit.
    """
    descending = pairs_descending(scores)
    if len(descending) * plan.limit < 10:
        raise ValueError(f"{len(descending)} pairs are too few for a tail at {plan.limit:g}")
    tail = fit_tail(descending, plan.start, plan.limit)
    limit = score_at_rate(descending, plan.limit)
    counted = [score_at_rate(descending, 10.0**power) for power in _powers(plan.start)]
    fitted = [tail.score_at(10.0**power) for power in _tail_powers(plan)]
    grid = np.unique(np.array([float(descending[-1]), *counted, tail.start, *fitted]))
    rate = np.array([_log10_rate(float(score), descending, tail) for score in grid])
    samples = _bootstrap(scores, identity, grid, tail, limit, random, plan.replicates)
    upper = np.percentile(samples, UPPER_PERCENT, axis=0)
    return Table(grid, *_monotone(rate, upper))


def _log10_rate(score: float, descending: Floats, tail: Tail) -> float:
    if score > tail.start:
        return tail.log10_rate(score)
    reached = np.searchsorted(-descending, -score, side="right")
    return float(np.log10(reached / len(descending)))


def _powers(start: float) -> NDArray[np.float64]:
    lowest = np.log10(start)
    return np.linspace(0, lowest, round(-lowest / COUNTED_STEP) + 1)


def _tail_powers(plan: TablePlan) -> NDArray[np.float64]:
    high, low = np.log10(plan.start), np.log10(plan.lowest)
    return np.linspace(high, low, round((high - low) / FITTED_STEP) + 1)[1:]


def _bootstrap(
    scores: Floats,
    identity: NDArray[np.int64],
    grid: NDArray[np.float64],
    tail: Tail,
    limit: float,
    random: np.random.Generator,
    replicates: int,
) -> NDArray[np.float64]:
    """log10 rates at the grid's scores in every bootstrap sample: (replicates, R)."""
    known, member = np.unique(identity, return_inverse=True)
    drawn = random.multinomial(len(known), np.full(len(known), 1 / len(known)), replicates)
    weights = drawn.T[member].astype(np.float32)

    def weight_above(score: float) -> NDArray[np.float64]:
        above = (scores >= np.float32(score)).astype(np.float32)
        total: NDArray[np.float64] = (weights * (above @ weights)).sum(axis=0, dtype=np.float64)
        return total

    def log10_rates(score: float) -> NDArray[np.float64]:
        rates: NDArray[np.float64] = np.log10(np.maximum(weight_above(score), 1.0) / everything)
        return rates

    everything = weight_above(float(np.finfo(np.float32).min))
    rows, columns = np.nonzero(np.triu(scores, 1) > tail.start)
    excess = scores[rows, columns].astype(np.float64) - tail.start
    scale = np.array(
        [
            censored_scale(excess, limit - tail.start, own[rows] * own[columns])
            for own in weights.T.astype(np.float64)
        ]
    )
    at_start = log10_rates(tail.start)
    result = np.empty((replicates, len(grid)))
    for column, score in enumerate(grid):
        if score > tail.start:
            result[:, column] = at_start - (score - tail.start) / (scale * np.log(10))
        else:
            result[:, column] = log10_rates(float(score))
    return result


def _monotone(
    rate: NDArray[np.float64], upper: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates that never rise with the score, bounds never below them and never above 1."""
    rate = np.minimum(np.minimum.accumulate(rate), 0)
    bound = np.minimum(np.minimum.accumulate(np.maximum(upper, rate)), 0)
    return rate, np.maximum(bound, rate)
