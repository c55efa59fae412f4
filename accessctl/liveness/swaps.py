"""The mesh from frame to frame: how it changes at once, and whether it comes back as it was."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import FLAT, NOSE, STEADY

RIGID = tuple(sorted({*FLAT, *NOSE, *STEADY}))
"""No expression moves them, and neither a blink nor a word changes them from frame to frame."""

JUMP = 0.010
"""The shape of the mesh changes by so much at once when a head turns by some four degrees from
a frame to the next, in face widths (root mean square over the points)."""

FEWEST_JUMPS, FAR_S, TWIN = 3, 0.25, 0.2
"""A picture comes back where, at least so long after, after at least so many jumps, it is as near
as this share of a jump."""


def shapes(
    frames: Sequence[LivenessFrame],
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """The rigid points of each frame (N, P) in face widths, x + iy: freed of place, size and roll
    by a similarity (least squares), and as they are."""
    width = max(float(np.median([frame.box.w for frame in frames])), 1.0)
    points = np.array([frame.landmarks[list(RIGID), :2] for frame in frames], np.float64)
    place = (points[..., 0] + 1j * points[..., 1]) / width
    free = place - place.mean(axis=1, keepdims=True)
    like = free[len(free) // 2]
    weight = np.maximum(np.square(np.abs(free)).sum(axis=1, keepdims=True), 1e-12)
    rested = free * (free.conj() @ like)[:, None] / weight
    return np.asarray(rested, np.complex128), np.asarray(place, np.complex128)


def steps_of(points: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Root mean square way of the points from each frame to the next (N - 1,)."""
    return np.asarray(np.sqrt(np.square(np.abs(np.diff(points, axis=0))).mean(axis=1)), np.float64)


def returns(shape: NDArray[np.complex128], times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pictures (N,) come back, or were there before, with another one in between."""
    steps = steps_of(shape)
    jumps = steps[steps >= JUMP]
    found = np.zeros(len(shape), np.bool_)
    if len(jumps) < FEWEST_JUMPS:
        return found
    apart = np.sqrt(np.square(np.abs(shape[:, None] - shape[None])).mean(axis=2))
    twin = TWIN * float(np.median(jumps))
    for first in range(len(shape)):
        left = np.maximum.accumulate(apart[first, first:]) >= JUMP
        again = left & (times[first:] - times[first] >= FAR_S) & (apart[first, first:] <= twin)
        found[first] |= again.any()
        found[first:] |= again
    return found


def repeated(frames: Sequence[LivenessFrame]) -> float:
    """The share of the pictures of a turning head that come back, in [0, 1].

    Living heads come back to half a dozen of ten places at most, and in nineteen of twenty windows
    to less than 0.45; of flip-books without a rest between two pictures, 0.53 and more come back
    in nineteen of twenty.
    """
    if len(frames) < 2:
        return 0.0
    shape, _ = shapes(frames)
    big = steps_of(shape) >= JUMP
    moves = np.append(big, False) | np.append(False, big)
    if not moves.any():
        return 0.0
    back = returns(shape, np.array([frame.captured for frame in frames]))
    return float(back[moves].mean())
