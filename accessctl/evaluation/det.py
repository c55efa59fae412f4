"""The trade between the two errors of a search, when the threshold is moved (DET curve).

Martin et al., "The DET curve in assessment of detection task performance", Eurospeech 1997.
Unlike a door, whoever draws it knows the strangers: it says what a score is worth, not what
a threshold keeps.
"""

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.tail import score_at_rate

Scores = NDArray[np.float64]


def fnir_at(mates: Scores, right: NDArray[np.bool_], strangers: Scores, fpir: float) -> float:
    """FNIR where exactly so many strangers pass that `fpir` is not exceeded.

    `mates` (M,) and `strangers` (S,) are best scores, `right` (M,) whether the best is the
    probe's own. Who passes lies strictly above the threshold.
    """
    descending = np.sort(strangers)[::-1]
    allowed = int(fpir * len(strangers) + 1e-9)
    threshold = descending[allowed] if allowed < len(descending) else -np.inf
    return float(1 - (right & (mates > threshold)).mean())


def det_curve(
    mates: Scores, right: NDArray[np.bool_], strangers: Scores, points: int = 200
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """FPIR from one stranger's share up to 1, and FNIR at each: float64 (R,) both."""
    rates = np.unique(np.geomspace(1 / len(strangers), 1, points))
    return rates, np.array([fnir_at(mates, right, strangers, float(rate)) for rate in rates])


def fpir_of_threshold(strangers: Scores, threshold: float) -> float:
    """The share of strangers (S,) whose best score is `threshold` or more."""
    return float((strangers >= threshold).mean())


def threshold_for(strangers: Scores, fpir: float) -> float:
    """The score that the share `fpir` of the strangers (S,) reaches."""
    return score_at_rate(np.sort(strangers)[::-1], fpir)
