"""A face that changes without motion in between: pictures that are swapped, a cut, a jump."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict, undecided
from accessctl.liveness.swaps import JUMP, returns, shapes, steps_of

CUE = "flipbook"
LEAP = 0.030
"""A face is elsewhere at once where its points move by so many face widths (root mean square)."""

SHORT_S, MIDDLE_S, LONGEST_S = 0.11, 0.16, 0.26
"""Seconds between frames. Up to the first, nobody sets the head in motion and brings it to rest
again between two of them; up to the second somebody may once in a window, up to the last twice;
beyond, the cue is silent."""

BRIEF_S = 0.08
"""Seconds between frames up to which that holds of the face's place, too."""

MIN_FRAMES = 8
TWINS = 0.8
"""So many frames of a flip-book come back; living heads that nod or shake lie far below."""

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
    shape, place = shapes(told)
    turns, ways = steps_of(shape), steps_of(place)
    found = _sudden(turns, ways, times, doubt)
    isolated = sudden(turns, times, JUMP, doubt, beside=1, longest=LONGEST_S)
    ratio = max((by for _, by in found or isolated), default=0.0)
    if found:
        first, last = found[0][0], found[-1][0]
        return _word(CueVerdict.DOUBT, ratio, doubt, told[max(0, first - 1) : last + 3])
    if returns(shape, times).mean() >= TWINS:
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
