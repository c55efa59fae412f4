"""How far the nose moves on the picture of a face, other than a plane through the rest would."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import FLAT, NOSE

PATCH = (15, 15)
LEVELS = 3
MAX_RETURN = 1.0
"""A point that does not come back to within so many pixels when followed backwards is lost."""

MIN_FLAT, MIN_NOSE = 14, 4


@dataclass(frozen=True, slots=True)
class Parallax:
    """Between two frames, in the second one: `nose` (dx, dy) is the nose's shift against the
    plane of the rest of the face, `rest` the residual of the rest against that plane, both in
    face widths; `turn` (dx, dy) is where a nose one face width high would have gone, by the
    poses; `tilt` is the sine of the angle by which a plane would have to lean to be
    foreshortened as the rest is."""

    nose: tuple[float, float]
    rest: float
    turn: tuple[float, float]
    tilt: float


def measure_parallax(first: LivenessFrame, second: LivenessFrame) -> Parallax | None:
    """None where too few points could be followed.

    The points are followed in the pictures themselves (pyramidal Lucas-Kanade; Bouguet,
    "Pyramidal implementation of the affine Lucas Kanade feature tracker", 2001): the mesh is
    a network's idea of a face and is solid even on a photograph, so its own points cannot
    tell the two apart. It only says where to begin, as a plane.
    """
    start = first.face.from_frame(first.landmarks[[*FLAT, *NOSE]])
    end = second.face.from_frame(second.landmarks[[*FLAT, *NOSE]])
    flat = len(FLAT)
    # The mesh has no strays: least squares do, and take a tenth of the time.
    guess, _ = cv2.findHomography(start[:flat], end[:flat], 0)
    if guess is None:
        return None
    begun = through(np.asarray(guess, np.float64), start)
    moved, kept = follow(first.face.image, second.face.image, start, begun)
    if kept[:flat].sum() < MIN_FLAT or kept[flat:].sum() < MIN_NOSE:
        return None
    plane = fit_plane(start[:flat][kept[:flat]], moved[:flat][kept[:flat]])
    if plane is None:
        return None
    error = moved - through(plane, start)
    width = second.box.w * second.face.scale
    rest = np.median(np.linalg.norm(error[:flat][kept[:flat]], axis=1))
    dx, dy = np.median(error[flat:][kept[flat:]], axis=0)
    return Parallax(
        nose=(float(dx / width), float(dy / width)),
        rest=float(rest / width),
        turn=_expected(first, second),
        tilt=lean(plane, start[:flat].mean(axis=0)),
    )


def fit_plane(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """The homography (3, 3) between two pictures of points (N, 2) on a plane, robust."""
    plane, _ = cv2.findHomography(start, end, cv2.LMEDS)
    return None if plane is None else np.asarray(plane, np.float64)


def through(plane: NDArray[np.float64], points: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.perspectiveTransform(points[None], plane)[0], np.float32)


def follow(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    start: NDArray[np.float32],
    guess: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where `start` (N, 2) went, and which points were followed there and back again."""
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    moved, there, _ = cv2.calcOpticalFlowPyrLK(
        first, second, start, guess.copy(), winSize=PATCH, maxLevel=LEVELS - 1, flags=flags
    )
    back, here, _ = cv2.calcOpticalFlowPyrLK(
        second, first, moved, start.copy(), winSize=PATCH, maxLevel=LEVELS - 1, flags=flags
    )
    returned = np.linalg.norm(back - start, axis=1) <= MAX_RETURN
    kept = (there[:, 0] == 1) & (here[:, 0] == 1) & returned
    return np.asarray(moved, np.float32), np.asarray(kept, np.bool_)


def _expected(first: LivenessFrame, second: LivenessFrame) -> tuple[float, float]:
    """How far the tip of an upright of one face width moves, turned from pose to pose."""
    before, after = tip(first), tip(second)
    return after[0] - before[0], after[1] - before[1]


def tip(frame: LivenessFrame) -> tuple[float, float]:
    yaw, pitch, roll = np.radians([frame.pose.yaw, frame.pose.pitch, frame.pose.roll])
    right, down = np.sin(yaw), -np.sin(pitch)
    return (
        float(np.cos(roll) * right - np.sin(roll) * down),
        float(np.sin(roll) * right + np.cos(roll) * down),
    )


def lean(plane: NDArray[np.float64], at: NDArray[np.float32]) -> float:
    """Sine of the angle that foreshortens as `plane` (3, 3) does around the point `at` (2,)."""
    step = np.array([[0, 0], [1, 0], [0, 1]], np.float32) + at
    origin, right, down = through(plane, step).astype(np.float64)
    long, short = np.linalg.svd(np.column_stack([right - origin, down - origin]))[1]
    return float(np.sqrt(max(0.0, 1 - (short / max(long, 1e-9)) ** 2)))
