"""A head is never quite still; a photograph on a stand is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import LIDS, MOUTH, STEADY
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "stillness"
SLOT_S, MIN_SLOTS = 0.25, 3
"""Points are averaged over so long, which takes the mesh's own trembling out of them."""

MIN_RATE = 4.0
"""Frames a second below which a slot may hold nothing to average."""


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
    if len(frames) < 2 or not frames[-1].captured > frames[0].captured:
        return undecided(CUE, doubt)
    since, until = frames[0].captured, frames[-1].captured
    if (len(frames) - 1) / (until - since) < MIN_RATE:
        return undecided(CUE, doubt)
    points = _averaged(frames)
    if len(points) < MIN_SLOTS:
        return undecided(CUE, doubt)
    wander, moves = _wander(points), _expression(points)
    if wander > doubt or moves > expression:
        return CueResult(CUE, CueVerdict.CLEAR, wander, doubt, len(frames), since, until)
    # Whole slots of a second may span a frame less than it.
    if until - since >= min_seconds - SLOT_S / 2 and wander <= doubt:
        return CueResult(CUE, CueVerdict.DOUBT, wander, doubt, len(frames), since, until)
    return undecided(CUE, doubt, wander)


def _averaged(frames: Sequence[LivenessFrame]) -> NDArray[np.complex128]:
    """The mesh's points (S, 468) in each slot of time, x + iy, in face widths."""
    times = np.array([frame.captured for frame in frames])
    width = max(float(np.median([frame.box.w for frame in frames])), 1.0)
    slots = ((times - times[0]) / SLOT_S).astype(int)
    points = np.array([frame.landmarks[:, :2] for frame in frames], np.float64) / width
    means = np.array([points[slots == slot].mean(axis=0) for slot in np.unique(slots)])
    return np.asarray(means[..., 0] + 1j * means[..., 1], np.complex128)


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
