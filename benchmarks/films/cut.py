"""A film cut down to its face: what a screen shows to a camera that it is held close to."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.camera.source import Shot
from accessctl.domain import Frame
from accessctl.evaluation.disturbed import Change, Shots, time_of
from accessctl.evaluation.presentation import ONLY_FACE
from accessctl.vision.observer import Observer
from benchmarks.films.clips import shots

SMOOTH_S = 0.4
"""The cut follows the face as evenly as a hand does."""


def face_places(film: Path, observer: Observer) -> tuple[NDArray[np.float64], float]:
    """Where the widest face of each frame is, float64 (N, 2) in pixels and smoothed over time,
    and how large it is in the middle of the film; ValueError for a film without faces."""
    places, sizes, times = [], [], []
    for number, shot in enumerate(shots(film)):
        at = time_of(shot)
        times.append(at)
        faces = observer.observe(Frame(shot.image, at, number))
        box = max((face.box for face in faces), key=lambda one: one.w, default=None)
        places.append((np.nan, np.nan) if box is None else box.centre)
        sizes.append(np.nan if box is None else max(box.w, box.h))
    found = ~np.isnan(sizes)
    if not found.any():
        raise ValueError(f"no face in {film}")
    frames = np.arange(len(places))
    filled = [
        np.interp(frames, frames[found], axis[found]) for axis in np.array(places, np.float64).T
    ]
    near = max(1, round(SMOOTH_S / max(np.median(np.diff(times)), 1e-3)))
    smooth = [_smoothed(axis, near) for axis in filled]
    return np.column_stack(smooth), float(np.nanmedian(sizes))


def around(places: NDArray[np.float64], size: float) -> Change:
    """Pictures of one size, in each of which the face is in the middle, as far as the frame
    reaches; `places` are those of all frames from the first one on."""
    side = max(2, round(ONLY_FACE * size))

    def change(shots: Shots) -> Shots:
        for place, shot in zip(places, shots, strict=False):
            yield Shot(_part(shot.image, place, side), shot.media)

    return change


def _part(image: NDArray[np.uint8], place: Sequence[float], side: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    across, along = min(side, width), min(side, height)
    left = int(np.clip(place[0] - across / 2, 0, width - across))
    top = int(np.clip(place[1] - along / 2, 0, height - along))
    return np.ascontiguousarray(image[top : top + along, left : left + across])


def _smoothed(values: NDArray[np.float64], near: int) -> NDArray[np.float64]:
    """Means over `near` values to either side, and of as many as there are at the ends."""
    kernel = np.ones(2 * near + 1)
    total = np.convolve(values, kernel, "same")
    return total / np.convolve(np.ones_like(values), kernel, "same")
