"""Mouth and lids of a living face move on it; on a sheet, flat or bent, they go with the rest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import FLAT, LIDS, MOUTH
from accessctl.liveness.slots import averaged, rate

MIN_SLOTS = 5

MIN_RATE = 3.0
"""Frames a second below which too few quarters of a second hold one."""


def expression(frames: Sequence[LivenessFrame]) -> float:
    """How far mouth and lids move against brows, forehead and cheeks, in face widths.

    Each quarter of a second is brought to the middle one by the polynomial of the second degree
    that fits brows, forehead and cheeks best (least squares): it takes along whatever a sheet that
    is shifted, leant or bent does to them. What mouth and lids then lie from their median is
    averaged (root mean square); of all quarters the second largest counts, so that no single one
    in which the mesh was lost does. Frames in which a part of the face lies beyond the picture are
    left out: the mesh guesses there. NaN below MIN_SLOTS quarters or MIN_RATE frames a second.
    """
    whole = [frame for frame in frames if _inside(frame)]
    if rate(whole) < MIN_RATE:
        return float("nan")
    points = averaged(whole)
    if len(points) < MIN_SLOTS:
        return float("nan")
    middle = points[len(points) // 2]
    moved = np.array([_brought(each, middle) for each in points])
    away = np.square(moved - np.median(moved, axis=0)).sum(axis=-1)
    return float(np.sort(np.sqrt(away.mean(axis=-1)))[-2])


def _inside(frame: LivenessFrame) -> bool:
    if frame.scene is None:
        return True
    height, width = np.array(frame.scene.image.shape[:2]) / frame.scene.scale
    x, y = frame.landmarks[[*FLAT, *MOUTH, *LIDS], :2].T
    return bool(x.min() >= 0 and y.min() >= 0 and x.max() <= width and y.max() <= height)


def _brought(points: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mouth and lids (20, 2) of one mesh where they would lie on the other one."""
    flat = points[list(FLAT)]
    middle = flat.mean(axis=0)
    way, *_ = np.linalg.lstsq(_powers(flat - middle), to[list(FLAT)], rcond=None)
    return np.asarray(_powers(points[[*MOUTH, *LIDS]] - middle) @ way, np.float64)


def _powers(points: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = points.T
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
