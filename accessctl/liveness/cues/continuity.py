"""Two cues on whether one face is seen throughout. `continuity`: the same track, the same identity,
and no jump that a swap makes. `flipbook`: no pictures that are swapped for one another, told by how
the mesh changes at once from frame to frame, and whether it comes back as it was.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import (
    FLAT,
    NOSE,
    STEADY,
    CueResult,
    CueVerdict,
    LivenessFrame,
    undecided,
)

CONTINUITY = "continuity"
FASTEST = 6.0
"""Face widths a second; a head that is thrown about does three."""

SLACK = 0.5
"""Face widths by which a face may jump at once, whatever the time."""

RIGID = tuple(sorted({*FLAT, *NOSE, *STEADY}))
"""No expression moves them, and neither a blink nor a word changes them from frame to frame."""

JUMP = 0.010
"""The shape of the mesh changes by so much at once when a head turns by some four degrees from
a frame to the next, in face widths (root mean square over the points)."""

FEWEST_JUMPS, FAR_S, TWIN = 3, 0.25, 0.2
"""A picture comes back where, at least so long after, after at least so many jumps, it is as near
as this share of a jump."""

FLIPBOOK = "flipbook"
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


def continuity(frames: Sequence[LivenessFrame], *, veto: float = 0.7) -> CueResult:
    """The least cosine between the embedding of a frame and the mean of all; only ever vetoes.

    Another track, time that runs backwards and a jump in place or size veto as well, with the
    figure 0. One frame with an embedding or none says nothing about identity.
    """
    if len({frame.track for frame in frames}) > 1 or any(
        _jumped(before, after) for before, after in pairwise(frames)
    ):
        return CueResult(CONTINUITY, CueVerdict.VETO, 0.0, veto)
    found = [frame.embedding for frame in frames if frame.embedding is not None]
    if len(found) < 2:
        return undecided(CONTINUITY, veto)
    embeddings = np.stack(found).astype(np.float64)
    mean = embeddings.mean(axis=0)
    least = float((embeddings @ mean).min() / max(float(np.linalg.norm(mean)), 1e-9))
    if not least >= veto:
        return CueResult(CONTINUITY, CueVerdict.VETO, least, veto)
    return undecided(CONTINUITY, veto, least)


def _jumped(before: LivenessFrame, after: LivenessFrame) -> bool:
    elapsed = after.captured - before.captured
    if not elapsed >= 0:
        return True
    width = max(min(before.box.w, after.box.w), 1.0)
    way = float(np.hypot(*np.subtract(after.box.centre, before.box.centre))) / width
    growth = abs(float(np.log(max(after.box.w, 1.0) / max(before.box.w, 1.0))))
    return max(way, growth) > SLACK + FASTEST * elapsed


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


def flipbook(frames: Sequence[LivenessFrame], *, doubt: float = 5.0) -> CueResult:
    """By how much the most sudden step from a frame to the next exceeds the steps before and
    after it; it only doubts or clears.

    Living heads reach 3.9 with two steps on either side in thirty films at 10 to 30 frames a
    second; pictures of a head that are swapped in place lie above 5. Pictures that are swapped
    with every frame have no rest in between, but they come back: exactly as they were.
    """
    told = _latest(frames)
    if len(told) < MIN_FRAMES:
        return undecided(FLIPBOOK, doubt)
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
    return undecided(FLIPBOOK, doubt, ratio)


def _word(
    verdict: CueVerdict, ratio: float, doubt: float, frames: Sequence[LivenessFrame]
) -> CueResult:
    since, until = frames[0].captured, frames[-1].captured
    return CueResult(FLIPBOOK, verdict, ratio, doubt, len(frames), since, until)


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
