"""Whether, and how, the camera itself moved between two frames: measured, not configured."""

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box
from accessctl.liveness.evidence import LivenessFrame, View

CELL, CORNER = 8, 1e-4
"""The best corner of each so many pixels is followed, if its least eigenvalue (Shi and Tomasi,
"Good features to track", CVPR 1994) is ten times what a sensor's noise makes on a bare wall."""

PATCH, LEVELS = (9, 9), 3
MAX_RETURN = 0.3
"""A point that does not come back to within so many pixels of the scene is lost."""

HEAD_REACH = (0.85, 1.05)
"""Half axes of what is left out as the head, in widths and heights of the mesh."""

BODY_REACH = 1.3
"""Below the head, so many face widths to either side are left out as the body."""

FEWEST, SPREAD = 12, 0.35
"""The camera's motion rests on so many points, which reach over this share of the frame's width or
height; that it stands still, on half as many and as far."""

STANDS = 0.35
"""A point that moved by less, in pixels of the scene, stands still."""

STILL_SHARE, AGREEING = 0.08, 0.5
"""Shares of the points: so many that stand still show that the camera does, because a camera
that moves leaves none; and so many must agree before a motion is taken for the camera's."""


def camera_motion(first: LivenessFrame, second: LivenessFrame) -> NDArray[np.float64] | None:
    """From pixels of the first frame to those of the second for what does not move (3, 3); None
    where that cannot be told.

    Points outside the person are followed from scene to scene (pyramidal Lucas-Kanade, forwards
    and backwards). The identity is exact. Otherwise it is the similarity that most of the points
    agree on (RANSAC; Fischler and Bolles, Communications of the ACM 24, 1981).
    """
    before, after = first.scene, second.scene
    if before is None or after is None or before.image.shape != after.image.shape:
        return None
    start, end = _followed(before, after, first.box, second.box)
    if not _carry(start, before, 0.5):
        return None
    stands = np.linalg.norm(end - start, axis=1) < STANDS
    if stands.mean() >= STILL_SHARE and _carry(start[stands], before, 0.5):
        return np.eye(3)
    found, agree = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=2 * STANDS)
    if found is None:
        return None
    kept = agree[:, 0] == 1
    if kept.mean() < AGREEING or not _carry(start[kept], before, 1.0):
        return None
    way = np.vstack([found, [0.0, 0.0, 1.0]])
    to_scene = np.diag([before.scale, before.scale, 1.0])
    return np.asarray(np.linalg.inv(to_scene) @ way @ to_scene, np.float64)


def _followed(
    before: View, after: View, was: Box, now: Box
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points (N, 2) of the first scene outside the person, and where they are in the second."""
    start = _corners(before.image, _outside(before, was) & _outside(after, now))
    if len(start) == 0:
        return start, start
    moved, there, _ = cv2.calcOpticalFlowPyrLK(
        before.image, after.image, start, start.copy(), winSize=PATCH, maxLevel=LEVELS - 1
    )
    back, here, _ = cv2.calcOpticalFlowPyrLK(
        after.image, before.image, moved, start.copy(), winSize=PATCH, maxLevel=LEVELS - 1
    )
    kept = (there[:, 0] == 1) & (here[:, 0] == 1)
    kept &= np.linalg.norm(back - start, axis=1) <= MAX_RETURN
    return start[kept], np.asarray(moved[kept], np.float32)


def _corners(image: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The best corner (x, y) of each cell that has one."""
    worth = np.where(where, cv2.cornerMinEigenVal(image, 5, ksize=3), 0.0)
    rows, columns = (length // CELL for length in worth.shape)
    whole = worth[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
    cells = whole.swapaxes(1, 2).reshape(rows, columns, CELL * CELL)
    best = cells.argmax(axis=2)
    row, column = np.nonzero(cells.max(axis=2) > CORNER)
    inside = best[row, column]
    x, y = column * CELL + inside % CELL, row * CELL + inside // CELL
    return np.column_stack([x, y]).astype(np.float32)


def _outside(scene: View, box: Box) -> NDArray[np.bool_]:
    """Pixels of the scene that show neither the head nor what hangs from it."""
    height, width = scene.image.shape
    y, x = np.mgrid[0:height, 0:width]
    centre = scene.from_frame(np.array([box.centre]))[0]
    half = np.array([box.w, box.h]) * HEAD_REACH * scene.scale
    across, along = np.abs(x - centre[0]), y - centre[1]
    head = (across / half[0]) ** 2 + (along / half[1]) ** 2 < 1
    body = (along > 0) & (across < BODY_REACH * box.w * scene.scale)
    return np.asarray(~head & ~body, np.bool_)


def _carry(points: NDArray[np.float32], scene: View, share: float) -> bool:
    """Whether the points are enough, and far enough apart, to speak for the whole frame."""
    if len(points) < share * FEWEST:
        return False
    size = np.array(scene.image.shape[::-1], np.float32)
    return bool((np.ptp(points, axis=0) / size).max() >= share * SPREAD)
