"""A face that changes without motion in between: pictures that are swapped, a cut, a jump."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import FLAT, NOSE, STEADY
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "flipbook"
RIGID = tuple(sorted({*FLAT, *NOSE, *STEADY}))
"""No expression moves them, and neither a blink nor a word changes them from frame to frame."""

JUMP, LEAP = 0.010, 0.030
"""What changes at once: the shape of the mesh as a turn by some four degrees changes it, or its
place, in face widths (root mean square over the points)."""

SHORT_S, MIDDLE_S, LONGEST_S = 0.11, 0.16, 0.26
"""Seconds between frames. Up to the first, nobody sets the head in motion and brings it to rest
again between two of them; up to the second somebody may once in a window, up to the last twice;
beyond, the cue is silent."""

BRIEF_S = 0.08
"""Seconds between frames up to which that holds of the face's place, too."""

MIN_FRAMES, FAR_S = 8, 0.3
TWIN, TWINS = 0.2, 0.8
"""So many frames of a flip-book have a twin at least `FAR_S` away, after having been left for
another picture: as near as this share of a jump. Living heads that nod or shake come to 0.32."""

QUIET_S = 2.5
"""A flip-book does not rest on one picture for so long."""


def flipbook(frames: Sequence[LivenessFrame], *, doubt: float = 5.0) -> CueResult:
    """By how much the most sudden step from a frame to the next exceeds the steps before and
    after it; it only doubts or clears.

    Living heads reach 3.9 with two steps on either side in thirty films at 10 to 30 frames a
    second; pictures of a head that are swapped in place lie above 5. Pictures that are swapped
    with every frame have no rest in between, but they come back: exactly as they were.
    """
    told = _latest(frames)
    if len(told) < MIN_FRAMES:
        return undecided(CUE, doubt)
    times = np.array([frame.captured for frame in told])
    shape, place = _shapes(told)
    turns, ways = _steps(shape), _steps(place)
    found = _sudden(turns, ways, times, doubt)
    isolated = sudden(turns, times, JUMP, doubt, beside=1, longest=LONGEST_S)
    ratio = max((by for _, by in found or isolated), default=0.0)
    if found:
        first, last = found[0][0], found[-1][0]
        return _word(CueVerdict.DOUBT, ratio, doubt, told[max(0, first - 1) : last + 3])
    if returns(shape, times, turns):
        return _word(CueVerdict.DOUBT, doubt, doubt, told)
    moved = float(np.sqrt(np.square(np.abs(shape - shape[0])).mean(axis=1)).max())
    if not isolated and (moved >= 2 * JUMP or times[-1] - times[0] >= QUIET_S):
        return _word(CueVerdict.CLEAR, ratio, doubt, told)
    return undecided(CUE, doubt, ratio)


def _word(
    verdict: CueVerdict, ratio: float, doubt: float, frames: Sequence[LivenessFrame]
) -> CueResult:
    since, until = frames[0].captured, frames[-1].captured
    return CueResult(CUE, verdict, ratio, doubt, len(frames), since, until)


def _latest(frames: Sequence[LivenessFrame]) -> Sequence[LivenessFrame]:
    """The last stretch of frames that follow each other closely enough and in time."""
    start = len(frames) - 1
    while start > 0 and 0 < frames[start].captured - frames[start - 1].captured <= LONGEST_S:
        start -= 1
    return frames[max(0, start) :]


def _shapes(
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


def _steps(points: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Root mean square way of the points from each frame to the next (N - 1,)."""
    return np.asarray(np.sqrt(np.square(np.abs(np.diff(points, axis=0))).mean(axis=1)), np.float64)


def _sudden(
    turns: NDArray[np.float64], ways: NDArray[np.float64], times: NDArray[np.float64], doubt: float
) -> list[tuple[int, float]]:
    """The fewest sudden steps that are too many for somebody alive, at the pace of the frames;
    none if there are not so many."""
    at_once = sudden(turns, times, JUMP, doubt, beside=2, longest=SHORT_S)
    at_once += sudden(ways, times, LEAP, doubt, beside=2, longest=BRIEF_S)
    if at_once:
        return [min(at_once)]
    for longest, count in ((MIDDLE_S, 2), (LONGEST_S, 3)):
        found = sudden(turns, times, JUMP, doubt, beside=1, longest=longest)
        if len(found) >= count:
            return found[:count]
    return []


def sudden(
    steps: NDArray[np.float64],
    times: NDArray[np.float64],
    least: float,
    ratio: float,
    *,
    beside: int,
    longest: float,
) -> list[tuple[int, float]]:
    """Which of `steps` (N - 1,) are at least `least`, and `ratio` times as large as each of
    `beside` steps before and after, where no two of the frames are further apart than `longest`
    seconds; and by how much they are larger."""
    gaps = np.diff(times)
    found = []
    for index in range(beside, len(steps) - beside):
        near = slice(index - beside, index + beside + 1)
        others = np.delete(steps[near], beside).max()
        if gaps[near].max() <= longest and steps[index] >= max(least, ratio * others):
            found.append((index, float(steps[index] / max(others, 1e-6))))
    return found


def returns(
    shape: NDArray[np.complex128], times: NDArray[np.float64], steps: NDArray[np.float64]
) -> bool:
    """Whether nearly every picture comes back after having been left for another one."""
    jumps = steps[steps >= JUMP]
    if len(jumps) < 3:
        return False
    apart = np.sqrt(np.square(np.abs(shape[:, None] - shape[None])).mean(axis=2))
    nearest = np.full(len(shape), np.inf)
    for first in range(len(shape)):
        left = np.maximum.accumulate(apart[first, first:]) >= JUMP
        later = np.flatnonzero(left & (times[first:] - times[first] >= FAR_S)) + first
        nearest[later] = np.minimum(nearest[later], apart[first, later])
        nearest[first] = min(nearest[first], apart[first, later].min(initial=np.inf))
    return bool((nearest <= TWIN * np.median(jumps)).mean() >= TWINS)
