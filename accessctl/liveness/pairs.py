"""Pairs of frames between which a face moved, chosen so that no frame is in two of them."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame

Pair: TypeAlias = tuple[LivenessFrame, LivenessFrame]

MOST_SHIFT, LONGEST_S = 0.8, 1.0
"""Face widths and seconds between the two frames of a pair: beyond, little of what surrounded the
head in the first is beside it in the second, or it may have changed."""

MIN_FACE_PX = 40.0

VARIED = 0.3
"""Pairs speak against a face only if their velocities differ by this share of the mean speed: a
bus behind somebody who walks keeps its own even pace, a hand does not."""


def choose_pairs(frames: Sequence[LivenessFrame], min_shift: float, count: int) -> list[Pair]:
    """At most `count` pairs that share no frame, each of a frame and the next one in which the
    face has moved by `min_shift` face widths."""
    pairs: list[Pair] = []
    index = 0
    while index < len(frames):
        following = _following(frames, index, min_shift)
        if following is None:
            index += 1
        else:
            pairs.append((frames[index], frames[following]))
            index = following + 1
    return pairs[:: -(-len(pairs) // count) or 1]


def _following(frames: Sequence[LivenessFrame], index: int, min_shift: float) -> int | None:
    first = frames[index]
    for later in range(index + 1, len(frames)):
        if not 0 < frames[later].captured - first.captured <= LONGEST_S:
            return None
        moved = shift(first, frames[later])
        if moved >= min_shift:
            return later if moved <= MOST_SHIFT and first.box.w >= MIN_FACE_PX else None
    return None


def shift(
    first: LivenessFrame, second: LivenessFrame, camera: NDArray[np.float64] | None = None
) -> float:
    """How far the face moved or grew, in face widths; more than `camera` (3, 3), if given."""
    way = np.eye(3) if camera is None else camera
    x, y, _ = way @ (*first.box.centre, 1.0)
    width = first.box.w * float(np.sqrt(abs(np.linalg.det(way[:2, :2]))))
    away = np.hypot(second.box.centre[0] - x, second.box.centre[1] - y)
    return float((away + abs(second.box.w - width) / 2) / max(first.box.w, 1.0))


def varied(pairs: Sequence[Pair]) -> bool:
    """Whether the face went now faster, now slower, or now this way, now that."""
    paces = np.array([_pace(*pair) for pair in pairs])
    spread = np.linalg.norm(paces - paces.mean(axis=0), axis=1).max(initial=0.0)
    return bool(spread > VARIED * np.linalg.norm(paces, axis=1).mean())


def _pace(first: LivenessFrame, second: LivenessFrame) -> NDArray[np.float64]:
    """Face widths a second, to the right, down and towards the camera."""
    way = np.subtract(second.box.centre, first.box.centre)
    moved = np.array([*way, second.box.w - first.box.w]) / max(first.box.w, 1.0)
    return np.asarray(moved / (second.captured - first.captured), np.float64)
