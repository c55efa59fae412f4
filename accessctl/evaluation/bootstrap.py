"""How sure a rate over pairs is: the same rate in many samples of people.

Pairs are not independent, people are. A sample draws as many people as there are, with
repetition; a person drawn k times counts k-fold in each pair, so a pair of two people by
the product, and never as an impostor of itself (Bolle, Ratha and Pankanti, "Error analysis
of pattern recognition systems: the subsets bootstrap", CVIU 93, 2004).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.all_pairs import AllPairs
from accessctl.evaluation.intervals import clopper_pearson

REPLICATES = 300
CONFIDENCE = 0.95

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A rate with its two-sided 95 % interval."""

    value: float
    low: float
    high: float


def samples(people: int, replicates: int, random: np.random.Generator) -> Weights:
    """How often each person is drawn: float64 (replicates, people), rows sum to `people`."""
    return random.multinomial(people, np.full(people, 1 / people), replicates).astype(np.float64)


def interval(value: float, replicates: NDArray[np.float64]) -> Measured:
    """Percentile interval of the replicates that are defined; NaN when none is."""
    defined = replicates[np.isfinite(replicates)]
    if not len(defined):
        return Measured(value, float("nan"), float("nan"))
    half = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(defined, [half, 100 - half])
    return Measured(value, float(low), float(high))


def impostor_weight(photos: NDArray[np.int64], weights: Weights) -> float:
    """The weight of all impostor pairs when the people (P,) count by `weights` (P,)."""
    own = photos * weights
    return float((own.sum() ** 2 - np.square(own).sum()) / 2)


def tar(pairs: AllPairs, rates: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """TAR (R,) at each false-match rate when the people (P,) count by `weights` (P,).

    As verification.tar_at_fmr, whose weights are all 1: a genuine pair counts as its person,
    an impostor pair as the product of its two. NaN where a sample would need scores that
    were not kept; where every pair was kept, whatever could be compared matches in the end.
    """
    above = np.cumsum(weights[pairs.top_first] * weights[pairs.top_second])
    allowed = rates * impostor_weight(pairs.photos, weights)
    place = np.searchsorted(above, allowed + 1e-6, side="right")
    all_kept = len(pairs.top) == pairs.counts.sum()
    scores = np.append(pairs.top, -np.inf if all_kept else np.nan)
    threshold = scores[place]
    own = weights[pairs.genuine_person]
    matched = np.array([own[pairs.genuine > t].sum() for t in threshold])
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(threshold), np.nan, matched / own.sum())


def tar_with_intervals(
    pairs: AllPairs,
    rates: NDArray[np.float64],
    random: np.random.Generator,
    replicates: int = REPLICATES,
) -> list[Measured]:
    """TAR at each of the rates (R,), with the interval over `replicates` samples of people."""
    top = _enough(pairs, 3 * float(rates.max()))
    values = tar(top, rates, np.ones(len(pairs.photos)))
    drawn = samples(len(pairs.photos), replicates, random)
    found = np.array([tar(top, rates, weights) for weights in drawn])
    return [interval(float(v), found[:, i]) for i, v in enumerate(values)]


def rates_at(
    pairs: AllPairs, threshold: float, random: np.random.Generator, replicates: int = REPLICATES
) -> tuple[Measured, Measured]:
    """FMR and FNMR at one threshold, each with its interval; ValueError below what was kept.

    Where no impostor pair lies above, every sample agrees that there is none; the upper end
    is then that of as many independent comparisons (Clopper and Pearson 1934).
    """
    count = pairs.above(threshold)
    first, second = pairs.top_first[:count], pairs.top_second[:count]
    missed = ~(pairs.genuine > threshold)
    drawn = samples(len(pairs.photos), replicates, random)
    fmr, fnmr = [], []
    for weights in drawn:
        own = weights[pairs.genuine_person]
        matched = float((weights[first] * weights[second]).sum())
        fmr.append(_share(matched, impostor_weight(pairs.photos, weights)))
        fnmr.append(_share(float(own[missed].sum()), float(own.sum())))
    return (
        _with_zero(count, pairs.impostors, np.array(fmr)),
        _with_zero(int(missed.sum()), len(missed), np.array(fnmr)),
    )


def _with_zero(events: int, trials: int, replicates: NDArray[np.float64]) -> Measured:
    if events == 0 and trials > 0:
        return Measured(0.0, *clopper_pearson(0, trials))
    return interval(_share(events, trials), replicates)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _enough(pairs: AllPairs, share: float) -> AllPairs:
    """With no more of the highest scores than that share of all: sums take a tenth as long."""
    count = min(len(pairs.top), int(share * pairs.impostors) + 1)
    return replace(
        pairs,
        top=pairs.top[:count],
        top_first=pairs.top_first[:count],
        top_second=pairs.top_second[:count],
        floor=float(pairs.top[count - 1]),
    )
