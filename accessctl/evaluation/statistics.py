"""What genuine and impostor scores are worth, and how sure each rate is.

Error rates of one-to-one comparison in the terms of ISO/IEC 19795-1. A score of minus infinity
stands for a comparison that could not be made, because no face was found: never a match, which
counts against a genuine pair. Higher scores are more alike; a pair matches when its score is
above the threshold.

Three intervals, by what is independent of what. Independent trials: exact (`clopper_pearson`).
Trials that share people: the same person's photos fail together, and are counted again in every
gallery that is drawn, so people are resampled with all of their trials (`rate_over_people`).
Pairs: a sample draws as many people as there are, with repetition; a person drawn k times counts
k-fold in each pair, so a pair of two people by the product, and never as an impostor of itself
(`tar_with_intervals`, `rates_at`). Both of the last are Bolle, Ratha and Pankanti, "Error
analysis of pattern recognition systems: the subsets bootstrap", CVIU 93, 2004.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.pairs import AllPairs

Scores = NDArray[np.floating]

PEOPLE_REPLICATES = 1000

REPLICATES = 300

CONFIDENCE = 0.95

Weights = NDArray[np.float64]


def tar_at_fmr(genuine: Scores, impostor: Scores, fmr: float) -> float:
    """Share of genuine scores above the lowest threshold that at most `fmr` of the impostor
    scores lie above (TAR = 1 - FNMR)."""
    allowed = int(fmr * len(impostor) + 1e-9)
    if allowed >= len(impostor):
        return float(np.mean(genuine > -np.inf))
    threshold = np.sort(impostor)[len(impostor) - 1 - allowed]
    return float(np.mean(genuine > threshold))


def roc_auc(genuine: Scores, impostor: Scores) -> float:
    """Area under the ROC curve: how often a genuine score is above an impostor one, ties
    counted half (Mann and Whitney 1947; Hanley and McNeil, Radiology 143, 1982)."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([genuine, impostor]))[: len(genuine)]
    below = ranks.sum() - len(genuine) * (len(genuine) + 1) / 2
    return float(below / (len(genuine) * len(impostor)))


def equal_error_rate(genuine: Scores, impostor: Scores) -> float:
    """The rate at which FMR and FNMR are the same, linear between neighbouring thresholds."""
    thresholds = np.unique(np.concatenate([genuine, impostor, [-np.inf]]))
    fmr, fnmr = error_rates(genuine, impostor, thresholds)
    crossed = int(np.argmax(fnmr >= fmr))
    if crossed == 0:
        return float((fmr[0] + fnmr[0]) / 2)
    gap_before = fmr[crossed - 1] - fnmr[crossed - 1]
    gap_after = fmr[crossed] - fnmr[crossed]
    part = gap_before / (gap_before - gap_after)
    return float(fmr[crossed - 1] + part * (fmr[crossed] - fmr[crossed - 1]))


def error_rates(
    genuine: Scores, impostor: Scores, thresholds: Scores
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """FMR and FNMR (T,) at the thresholds (T,): impostors above it, genuine ones not above."""
    fmr = 1 - np.searchsorted(np.sort(impostor), thresholds, side="right") / len(impostor)
    fnmr = np.searchsorted(np.sort(genuine), thresholds, side="right") / len(genuine)
    return fmr, fnmr


def best_threshold(scores: Scores, same: NDArray[np.bool_]) -> float:
    """The threshold with the most pairs right; of several such places the middle one, and
    there the middle between the two scores around it."""
    order = np.argsort(-scores, kind="stable")
    descending, genuine = scores[order], same[order]
    right = np.concatenate([[0], np.cumsum(np.where(genuine, 1, -1))])
    # A threshold cannot part equal scores, nor let in what could not be compared.
    possible = np.concatenate([[True], descending[1:] < descending[:-1], [True]])
    possible[1:] &= np.isfinite(descending)
    best = np.flatnonzero(possible & (right == right[possible].max()))
    count = int(best[len(best) // 2])
    if count == 0:
        return float(descending[0])
    last = float(descending[count - 1])
    following = float(descending[count]) if count < len(descending) else -np.inf
    return (last + following) / 2 if np.isfinite(following) else float(np.nextafter(last, -np.inf))


@dataclass(frozen=True, slots=True)
class FoldAccuracy:
    """Mean over the folds and its standard error."""

    mean: float
    standard_error: float


def cross_validated_accuracy(
    scores: Scores, same: NDArray[np.bool_], fold: NDArray[np.int64]
) -> FoldAccuracy:
    """Share of pairs (P,) told right in each fold by the best threshold of all other folds.

    The standard error is the folds' standard deviation (n - 1) over the root of their
    number, as LFW's protocol asks.
    """
    folds = np.unique(fold)
    accuracies = []
    for number in folds:
        held = fold == number
        threshold = best_threshold(scores[~held], same[~held])
        accuracies.append(float(np.mean((scores[held] > threshold) == same[held])))
    spread = float(np.std(accuracies, ddof=1))
    return FoldAccuracy(float(np.mean(accuracies)), spread / float(np.sqrt(len(folds))))


def clopper_pearson(events: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided interval of a proportion (Clopper and Pearson, Biometrika 26, 1934): from the
    rate at which so many events or more have the probability (1 - confidence) / 2 to the one at
    which so many or fewer have it.

    Without SciPy, which a door has not. ValueError unless 0 <= events <= trials, trials > 0 and
    0 < confidence < 1.
    """
    if not 0 <= events <= trials or trials == 0:
        raise ValueError(f"{events} events in {trials} trials")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not {confidence}")
    half = (1 - confidence) / 2
    if 2 * events > trials:
        # By what did not happen, which is less to sum.
        low, high = clopper_pearson(trials - events, trials, confidence)
        return 1 - high, 1 - low
    low = 0.0 if events == 0 else _rate_with(events - 1, trials, 1 - half)
    return low, _rate_with(events, trials, half)


def _rate_with(most: int, trials: int, probability: float) -> float:
    """The rate at which of `trials` at most `most` are events with that probability, by bisection
    of the binomial distribution; `most` is below `trials`."""
    if most == 0:
        return float(-np.expm1(np.log(probability) / trials))
    number = np.arange(1, most + 1, dtype=np.float64)
    ways = np.concatenate([[0.0], np.cumsum(np.log(trials - number + 1) - np.log(number))])
    number = np.concatenate([[0.0], number])
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        logs = ways + number * np.log(middle) + (trials - number) * np.log1p(-middle)
        if np.exp(logs).sum() > probability:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class Count:
    """`events` of `trials`, and the exact 95 % interval of their share."""

    events: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.events / self.trials


def count(event: NDArray[np.bool_]) -> Count:
    """Of trials (T,), at least one."""
    events = int(event.sum())
    return Count(events, len(event), *clopper_pearson(events, len(event)))


@dataclass(frozen=True, slots=True)
class PeopleRate:
    """`events` of `trials`, all of `people` people, and the 95 % interval of their share."""

    events: int
    trials: int
    people: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.events / self.trials


def rate_over_people(
    event: NDArray[np.bool_], person: NDArray[np.integer], random: np.random.Generator
) -> PeopleRate:
    """The share of `event` (T,) among trials whose people are `person` (T,).

    Where all trials or none are events there is nothing to resample: the interval is then the
    exact one of so many people. ValueError for no trial.
    """
    if not len(event):
        raise ValueError("no trial")
    known, member = np.unique(person, return_inverse=True)
    events = np.bincount(member, event)
    trials = np.bincount(member).astype(np.float64)
    total, people = int(events.sum()), len(known)
    if total in (0, len(event)):
        low, high = clopper_pearson(people if total else 0, people)
    else:
        drawn = random.multinomial(people, np.full(people, 1 / people), PEOPLE_REPLICATES)
        low, high = np.percentile((drawn @ events) / (drawn @ trials), [2.5, 97.5])
    return PeopleRate(total, len(event), people, float(low), float(high))


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

    As tar_at_fmr, whose weights are all 1: a genuine pair counts as its person,
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
