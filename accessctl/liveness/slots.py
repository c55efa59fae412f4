"""The mesh's points, averaged over short stretches of time: it trembles less than faces move."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame

SLOT_S = 0.25

MIN_RATE = 4.0
"""Frames a second below which a slot may hold nothing to average."""


def rate(frames: Sequence[LivenessFrame]) -> float:
    """Frames a second from the first to the last; 0 where no time passes between them."""
    if len(frames) < 2 or not frames[-1].captured > frames[0].captured:
        return 0.0
    return (len(frames) - 1) / (frames[-1].captured - frames[0].captured)


def averaged(frames: Sequence[LivenessFrame], drift: float = math.inf) -> NDArray[np.float64]:
    """The points (S, 468, 2) in each slot of SLOT_S that holds a frame, in face widths; of at
    least one frame. Slots within which the middle of the points goes further than `drift` face
    widths, across or along, are left out."""
    times = np.array([frame.captured for frame in frames])
    width = max(float(np.median([frame.box.w for frame in frames])), 1.0)
    slots = ((times - times[0]) / SLOT_S).astype(int)
    points = np.array([frame.landmarks[:, :2] for frame in frames], np.float64) / width
    each = [points[slots == slot] for slot in np.unique(slots)]
    calm = [one.mean(axis=0) for one in each if np.ptp(one.mean(axis=1), axis=0).max() <= drift]
    return np.array(calm).reshape(-1, *points.shape[1:])
