"""One-to-one comparison in figures: what genuine and impostor scores are worth.

A score of minus infinity stands for a comparison that could not be made, because no face
was found: never a match, which counts against a genuine pair. Higher scores are more alike;
a pair matches when its score is above the threshold. Terms: ISO/IEC 19795-1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


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
