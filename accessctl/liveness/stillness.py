"""A head is never quite still; a photograph on a stand is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import LIDS, MOUTH, STEADY
from accessctl.liveness.result import CueResult, CueVerdict, undecided
from accessctl.liveness.slots import MIN_RATE, SLOT_S, averaged, rate

CUE = "stillness"
MIN_SLOTS = 3


def stillness(
    frames: Sequence[LivenessFrame],
    *,
    min_seconds: float = 1.0,
    doubt: float = 0.0015,
    expression: float = 0.0020,
) -> CueResult:
    """How far the face wanders, in face widths (root mean square); it never refuses.

    Doubts where over `min_seconds` or more the middle of the points that no expression moves
    wanders no further than `doubt`, and mouth and eyes move no further than `expression` against
    them. Photographs on a stand wander 0.0002 to 0.0014; of 500 windows of 1.2 s of living people
    three are as still as that in both.
    """
    if rate(frames) < MIN_RATE:
        return undecided(CUE, doubt)
    since, until = frames[0].captured, frames[-1].captured
    points = averaged(frames) @ np.array([1, 1j])
    if len(points) < MIN_SLOTS:
        return undecided(CUE, doubt)
    wander, moves = _wander(points), _expression(points)
    if wander > doubt or moves > expression:
        return CueResult(CUE, CueVerdict.CLEAR, wander, doubt, len(frames), since, until)
    # Whole slots of a second may span a frame less than it.
    if until - since >= min_seconds - SLOT_S / 2 and wander <= doubt:
        return CueResult(CUE, CueVerdict.DOUBT, wander, doubt, len(frames), since, until)
    return undecided(CUE, doubt, wander)


def _wander(points: NDArray[np.complex128]) -> float:
    middles = points[:, list(STEADY)].mean(axis=1)
    return float(np.sqrt(np.square(np.abs(middles - middles.mean())).mean()))


def _expression(points: NDArray[np.complex128]) -> float:
    """How far mouth and lids move (root mean square), once the head is brought to rest by the
    similarity that fits the steady points best (least squares)."""
    steady = points[:, list(STEADY)]
    middles = steady.mean(axis=1, keepdims=True)
    like = steady.mean(axis=0) - middles.mean()
    ways = (steady - middles) @ like.conj() / max(float(np.square(np.abs(like)).sum()), 1e-12)
    ways = np.where(np.abs(ways) > 1e-9, ways, 1.0)
    rested = (points[:, [*MOUTH, *LIDS]] - middles) / ways[:, None]
    return float(np.sqrt(np.square(np.abs(rested - rested.mean(axis=0))).mean()))
