"""From strangers' scores to the card's table: score, false-match rate, upper bound.

Strangers are scored as a door would score them. The people at a door come from none of the
cohort's sources. Normalised by a cohort from their own source they find neighbours that are too
close (the same photographers, cameras and compression) and their scores come out too low:
measured with LFW, rates of a third of the true ones. So the cohort holds none of the sources that
the strangers come from.

Where too few pairs are left to be counted, the survival function is taken as exponential beyond a
start: P(s > x) = P(s > start) * exp(-(x - start) / scale). Peaks over a threshold tend to a
generalised Pareto law (Pickands 1975), whose exponential case lies between a bounded and a heavy
tail; with log survival measured as bending downwards, the straight line errs on the safe side.
What lies beyond a limit is counted but not measured (right-censored): a set of faces always holds
some people twice, and their scores would otherwise stretch the scale.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.recognition.normalisation import BLOCK, Normaliser

Floats = NDArray[np.float32]

FALSE_TWINS = 1 / 3
"""Of the pairs of names that are taken for one person, so many may be strangers: one that is
dropped wrongly makes the table a little less strict, a twin left in it much too strict."""

COUNTED_STEP = 0.1

FITTED_STEP = 0.25

UPPER_PERCENT = 95.0


@dataclass(frozen=True, slots=True)
class Tail:
    """`rate` of all pairs score above `start`; beyond it the rate falls e-fold per `scale`."""

    start: float
    rate: float
    scale: float

    def log10_rate(self, score: float) -> float:
        """For scores from `start` upwards."""
        return math.log10(self.rate) - (score - self.start) / (self.scale * math.log(10))

    def score_at(self, rate: float) -> float:
        """Where the fitted rate has fallen to `rate`, at most that of the start."""
        return self.start + self.scale * math.log(self.rate / rate)


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
    """Float64 (R,) each, scores ascending; see recognition.calibration.Calibration."""

    score: NDArray[np.float64]
    log10_fmr: NDArray[np.float64]
    log10_fmr_upper: NDArray[np.float64]


def calibrate(
    scores: Floats,
    identity: NDArray[np.int64],
    random: np.random.Generator,
    plan: TablePlan = PLAN,
) -> Table:
    """The table of the strangers' scores (N, N) of impostor_scores.

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


def score_at_rate(descending: NDArray[np.floating], rate: float) -> float:
    """The score that a share of at least `rate` of the descending scores reaches."""
    rank = max(math.ceil(rate * len(descending) - 1e-9), 1)
    return float(descending[rank - 1])


def censored_scale(
    excess: NDArray[np.floating], limit: float, weights: NDArray[np.floating] | None = None
) -> float:
    """Maximum-likelihood scale of exponential excesses (n,), right-censored at `limit`.

    Total time on test over observed failures (Epstein and Sobel 1953): the sum of
    min(excess, limit) divided by the number below the limit, both weighted. ValueError
    when none lies below.
    """
    weights = np.ones(len(excess)) if weights is None else weights
    observed = float(weights[excess < limit].sum())
    if observed <= 0:
        raise ValueError("no excess lies below the limit")
    return float((np.minimum(excess, limit) * weights).sum()) / observed


def fit_tail(descending: NDArray[np.floating], start_rate: float, limit_rate: float) -> Tail:
    """Fit to the descending scores between two rates, `start_rate` the larger one."""
    start = score_at_rate(descending, start_rate)
    limit = score_at_rate(descending, limit_rate)
    excess = descending[descending > start].astype(np.float64) - start
    scale = censored_scale(excess, limit - start)
    return Tail(start, len(excess) / len(descending), scale)
