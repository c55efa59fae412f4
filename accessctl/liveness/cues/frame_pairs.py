"""Two frames of a face between which it moved: which pairs are taken, how the camera itself moved
between them, and what the second picture would be if all went with the face, or if nothing moved.

Pairs are chosen so that no frame is in two of them. The camera's motion is measured, not
configured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box
from accessctl.liveness.evidence import FLAT, FramePatch, LivenessFrame

Pair: TypeAlias = tuple[LivenessFrame, LivenessFrame]

MOST_SHIFT, LONGEST_S = 0.8, 1.0
"""Face widths and seconds between the two frames of a pair: beyond, little of what surrounded the
head in the first is beside it in the second, or it may have changed."""

MIN_FACE_PX = 40.0

VARIED = 0.3
"""Pairs speak against a face only if their velocities differ by this share of the mean speed: a
bus behind somebody who walks keeps its own even pace, a hand does not."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """For each pixel of the second of two views: the error, in grey levels, if it went with
    the face and if it stayed, and whether the first view shows it either way. `stay` (3, 3)
    takes pixels of the first view to those of the second for what stays."""

    wrong_going: NDArray[np.float32]
    wrong_staying: NDArray[np.float32]
    seen: NDArray[np.bool_]
    stay: NDArray[np.float64]


def explain(
    first: LivenessFrame, second: LivenessFrame, camera: NDArray[np.float64]
) -> Explained | None:
    """How wrong each pixel of the second view is when predicted from the first one; `camera`
    (3, 3) is how the frame moved, as `camera_motion` measures it. None without a face to go by."""
    plane = _face_plane(first, second)
    if plane is None:
        return None
    before, after = _grey(first.around), _grey(second.around)
    # The camera's exposure may have changed in between.
    before *= float(after.mean() / max(float(before.mean()), 1.0))
    stay = _placed(second.around) @ camera @ np.linalg.inv(_placed(first.around))
    seen = _inside(first.around, second.around, plane) & _inside(first.around, second.around, stay)
    size = (after.shape[1], after.shape[0])
    going, staying = (
        np.abs(cv2.warpPerspective(before, way, size) - after) for way in (plane, stay)
    )
    return Explained(going, staying, seen, stay)


def _face_plane(first: LivenessFrame, second: LivenessFrame) -> NDArray[np.float64] | None:
    """From pixels of the first view to those of the second for a plane through the face (3, 3);
    the mesh has no strays, so least squares do."""
    start, end = (f.around.from_frame(f.landmarks[list(FLAT)]) for f in (first, second))
    plane, _ = cv2.findHomography(start, end, 0)
    return None if plane is None else np.asarray(plane, np.float64)


def _grey(view: FramePatch) -> NDArray[np.float32]:
    grey = cv2.cvtColor(view.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)


def _placed(view: FramePatch) -> NDArray[np.float64]:
    """From pixels of the frame to those of the view (3, 3)."""
    scale = view.scale
    return np.array([[scale, 0, -view.left * scale], [0, scale, -view.top * scale], [0, 0, 1.0]])


def _inside(first: FramePatch, second: FramePatch, way: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the first view has something to say about the second one."""
    size = second.image.shape[:2]
    there = np.full(first.image.shape[:2], 255, np.uint8)
    return np.asarray(cv2.warpPerspective(there, way, size[::-1]) == 255, np.bool_)


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
    before: FramePatch, after: FramePatch, was: Box, now: Box
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


def _outside(scene: FramePatch, box: Box) -> NDArray[np.bool_]:
    """Pixels of the scene that show neither the head nor what hangs from it."""
    height, width = scene.image.shape
    y, x = np.mgrid[0:height, 0:width]
    centre = scene.from_frame(np.array([box.centre]))[0]
    half = np.array([box.w, box.h]) * HEAD_REACH * scene.scale
    across, along = np.abs(x - centre[0]), y - centre[1]
    head = (across / half[0]) ** 2 + (along / half[1]) ** 2 < 1
    body = (along > 0) & (across < BODY_REACH * box.w * scene.scale)
    return np.asarray(~head & ~body, np.bool_)


def _carry(points: NDArray[np.float32], scene: FramePatch, share: float) -> bool:
    """Whether the points are enough, and far enough apart, to speak for the whole frame."""
    if len(points) < share * FEWEST:
        return False
    size = np.array(scene.image.shape[::-1], np.float32)
    return bool((np.ptp(points, axis=0) / size).max() >= share * SPREAD)
