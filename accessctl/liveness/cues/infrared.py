"""A second camera that sees near infrared: a screen shows no face there, a living head does.

A liquid crystal lets near infrared through whatever it shows, and a luminous screen gives none;
toner and many inks are as dark there as to the eye, so a print may well show a face. Agreement
therefore never confirms life.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box
from accessctl.liveness.evidence import (
    CueResult,
    CueVerdict,
    InfraredSight,
    LivenessFrame,
    undecided,
)

INFRARED = "infrared"

STRETCH_S, SLACK_S = 1.0, 0.5
"""A word rests on so many seconds, and on that much more where the sights come slowly."""

FEWEST = 4
"""Sights that a word rests on at least."""

FRESH_S = 0.6
"""What the infrared camera showed counts for so long, seconds: one that fell silent clears
nobody."""

DIM = 0.06
"""A part of the infrared picture darker than this, in [0, 1], has no lamp on it: that there is
no face in it says nothing. A face darker than this is not lit."""

BRIGHT = 0.25
"""A face as bright as this is lit, whatever is behind it; below, it must outshine that."""

MOVED = 0.08
"""Face widths (root mean square) from which on a face has moved enough to compare."""

APART = 0.6
"""The two faces may part by this share of what they moved."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A frame at which the infrared camera was asked."""

    captured: float
    sight: InfraredSight

    @property
    def missing(self) -> bool:
        return self.sight.box is None and not self.sight.around < DIM

    @property
    def lit(self) -> bool:
        sight = self.sight
        if sight.box is None or not sight.brightness >= DIM:
            return False
        return sight.brightness >= BRIGHT or sight.brightness > sight.around


def infrared(frames: Sequence[LivenessFrame], *, share: float = 0.75) -> CueResult:
    """The share of the infrared pictures of a second that show the face, lit and in its place.

    DOUBT where for a second, at least `share` of them show none though light falls there, or
    where the face in them does not move and grow as that of the frames does. CLEAR where at
    least `share` of the newest second do show it. Never confirms.
    """
    seen = [_Seen(f.captured, f.infrared) for f in frames if f.infrared is not None]
    newest: tuple[_Seen, ...] = ()
    for newest in _stretches(seen):
        absent = sum(one.missing for one in newest) / len(newest)
        if absent >= share or _part(newest, frames):
            found = 0.0 if absent < share else 1 - absent
            return _result(CueVerdict.DOUBT, found, share, newest)
    if not newest or not frames[-1].captured - newest[-1].captured <= FRESH_S:
        return undecided(INFRARED, share)
    lit = sum(one.lit for one in newest) / len(newest)
    if lit >= share:
        return _result(CueVerdict.CLEAR, lit, share, newest)
    return undecided(INFRARED, share, lit)


def _result(
    verdict: CueVerdict, figure: float, threshold: float, seen: Sequence[_Seen]
) -> CueResult:
    since, until = seen[0].captured, seen[-1].captured
    return CueResult(INFRARED, verdict, figure, threshold, len(seen), since, until)


def _stretches(seen: Sequence[_Seen]) -> Iterator[tuple[_Seen, ...]]:
    """The shortest runs of a second or more, oldest first; none where too few sights came."""
    for last in range(len(seen)):
        spans = [seen[last].captured - one.captured for one in seen[: last + 1]]
        first = max((i for i, span in enumerate(spans) if span >= STRETCH_S), default=None)
        if first is None or last - first + 1 < FEWEST:
            continue
        if spans[first] <= STRETCH_S + SLACK_S:
            yield tuple(seen[first : last + 1])


def _part(seen: Sequence[_Seen], frames: Sequence[LivenessFrame]) -> bool:
    """Whether the face moved otherwise in the infrared pictures than in the frames.

    Place and size of both are taken at the moments of the infrared pictures, without their
    means and each in its own face widths: the cameras stand apart and need not magnify alike.
    """
    found = [(one.sight.captured, one.sight.box) for one in seen if one.sight.box is not None]
    if len(found) < FEWEST:
        return False
    moments = np.array([captured for captured, _ in found])
    there = _path([box for _, box in found])
    times = np.array([frame.captured for frame in frames])
    path = _path([frame.box for frame in frames])
    here = np.column_stack([np.interp(moments, times, column) for column in path.T])
    here, there = _of_itself(here), _of_itself(there)
    moved = max(_size(here), _size(there))
    if moved < MOVED:
        return False
    return not _size(there - here) <= APART * moved


def _path(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Centre and logarithm of the width of each box, float64 (N, 3)."""
    return np.array([(*box.centre, np.log(max(box.w, 1.0))) for box in boxes], np.float64)


def _of_itself(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """The path about its mean, its places in face widths."""
    width = float(np.exp(np.median(path[:, 2])))
    moved: NDArray[np.float64] = (path - path.mean(axis=0)) / (width, width, 1.0)
    return moved


def _size(path: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(path).sum(axis=1).mean()))
