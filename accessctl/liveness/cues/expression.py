"""Two cues, and a figure for a third, on what moves in a face that keeps its place.

`stillness`: a head is never quite still, and a photograph on a stand is. `blink`: both eyes close
and open again within human times while the head is steady. `movement` measures how far mouth and
lids move on the face; on a sheet, flat or bent, they go with the rest. The mesh's points are
averaged over short stretches of time, because the mesh trembles less than faces move.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Points
from accessctl.liveness.evidence import (
    FLAT,
    LEFT_EYE,
    LIDS,
    MOUTH,
    RIGHT_EYE,
    STEADY,
    CueResult,
    CueVerdict,
    LivenessFrame,
    undecided,
)

SLOT_S = 0.25

MIN_RATE = 4.0
"""Frames a second below which a slot may hold nothing to average."""

MIN_EXPRESSION_SLOTS = 4

FRAMES_EACH = 3.0
"""So many frames of a slot average the mesh's trembling out; fewer leave more of it, by the square
root of how many fewer they are."""

MIN_EXPRESSION_RATE = 3.0
"""Frames a second below which too few slots hold one."""

MOST_DRIFT = 0.2
"""A mesh lags behind a face that goes by further than this, in face widths, within a slot."""

STILLNESS = "stillness"
MIN_SLOTS = 3

BLINK = "blink"
SHORTEST_S, LONGEST_S = 0.06, 0.5
"""How long an eye is closed in a blink, from half closed to half open; spontaneous blinks last 0.1
to 0.4 s (Stern et al., "The endogenous eyeblink", Psychophysiology 21, 1984)."""

BASELINE_S = 0.7
SLOWEST_S = 0.15
"""Seconds from frame to frame up to which a blink can be seen."""

MIN_FACE_PX = 80.0
STANDS_OUT = 7.0
"""A dip is so many times as deep as the eyes' opening trembles before and after it (median
deviation): blinks 7.7 to 27 times, the dips of sheets up to 7.1."""

MAX_NOD = 5.0
"""Pitch or yaw may change so little during a blink, degrees: a nod narrows the eyes, too."""


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


@dataclass(frozen=True, slots=True)
class FaceMovement:
    """Face widths; NaN where too little was seen. `expression` is how far mouth and lids move
    against brows, forehead and cheeks, `warp` how far those change their own shape, as they do in
    a picture that is leant or bent, or where the mesh is not sure of it. `trembling`, from 1 on:
    how many times as much the mesh trembles for want of frames to average."""

    expression: float
    warp: float
    trembling: float


UNSEEN = FaceMovement(float("nan"), float("nan"), 1.0)


def movement(frames: Sequence[LivenessFrame]) -> FaceMovement:
    """How the face moves, other than as a whole.

    For `expression` each quarter of a second is brought to the middle one by the polynomial of the
    second degree that fits brows, forehead and cheeks best (least squares): it takes along whatever
    a sheet that is shifted, leant or bent does to them. How far mouth and lids then lie from their
    median is averaged (root mean square); of all quarters the second largest counts, so that no
    single one in which the mesh was lost does. `warp` is the largest that is left of brows,
    forehead and cheeks once they are brought there by a shift, a turn in the picture and a scale
    alone. `trembling` is the square root of FRAMES_EACH over how many frames a quarter holds.

    Frames in which a part of the face lies beyond the picture are left out, because the mesh
    guesses there, and quarters in which the face goes by (MOST_DRIFT). NaN below
    MIN_EXPRESSION_SLOTS quarters or MIN_EXPRESSION_RATE frames a second.
    """
    whole = [frame for frame in frames if _inside(frame)]
    fps = rate(whole)
    points = averaged(whole, MOST_DRIFT) if fps >= MIN_EXPRESSION_RATE else np.empty(0)
    if len(points) < MIN_EXPRESSION_SLOTS:
        return UNSEEN
    middle = points[len(points) // 2]
    moved = np.array([_brought(each, middle) for each in points])
    away = np.square(moved - np.median(moved, axis=0)).sum(axis=-1)
    flat = points[:, list(FLAT)] @ np.array([1, 1j])
    warped = np.abs(_at_rest(flat, flat, flat[len(flat) // 2]) - _centred(flat[len(flat) // 2]))
    return FaceMovement(
        float(np.sort(np.sqrt(away.mean(axis=-1)))[-2]),
        float(np.sqrt(np.square(warped).mean(axis=-1)).max()),
        max(1.0, math.sqrt(FRAMES_EACH / max(1.0, fps * SLOT_S))),
    )


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


def stillness(
    frames: Sequence[LivenessFrame],
    *,
    min_seconds: float = 1.0,
    doubt: float = 0.0015,
    expression: float = 0.0020,
) -> CueResult:
    """How far the face wanders, in face widths (root mean square); it never refuses.

    Doubts where over `min_seconds` or more the middle of the points that no expression moves
    wanders no further than `doubt`, and mouth and eyes move no further than `expression` against
    them. Photographs on a stand wander 0.0002 to 0.0014; of 500 windows of 1.2 s of living people
    three are as still as that in both.
    """
    if rate(frames) < MIN_RATE:
        return undecided(STILLNESS, doubt)
    since, until = frames[0].captured, frames[-1].captured
    points = averaged(frames) @ np.array([1, 1j])
    if len(points) < MIN_SLOTS:
        return undecided(STILLNESS, doubt)
    wander, moves = _wander(points), _rested_expression(points)
    if wander > doubt or moves > expression:
        return CueResult(STILLNESS, CueVerdict.CLEAR, wander, doubt, len(frames), since, until)
    # Whole slots of a second may span a frame less than it.
    if until - since >= min_seconds - SLOT_S / 2 and wander <= doubt:
        return CueResult(STILLNESS, CueVerdict.DOUBT, wander, doubt, len(frames), since, until)
    return undecided(STILLNESS, doubt, wander)


def _wander(points: NDArray[np.complex128]) -> float:
    middles = points[:, list(STEADY)].mean(axis=1)
    return float(np.sqrt(np.square(np.abs(middles - middles.mean())).mean()))


def _rested_expression(points: NDArray[np.complex128]) -> float:
    """How far mouth and lids move (root mean square), once the head is brought to rest by the
    similarity that fits the steady points best (least squares)."""
    steady = points[:, list(STEADY)]
    rested = _at_rest(points[:, [*MOUTH, *LIDS]], steady, steady.mean(axis=0))
    return float(np.sqrt(np.square(np.abs(rested - rested.mean(axis=0))).mean()))


def _at_rest(
    points: NDArray[np.complex128], steady: NDArray[np.complex128], to: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """`points` (S, P) where they lie once each `steady` (S, Q) is brought to `to` (Q,), about its
    middle, by the similarity that fits best."""
    middles = steady.mean(axis=1, keepdims=True)
    like = _centred(to)
    ways = (steady - middles) @ like.conj() / max(float(np.square(np.abs(like)).sum()), 1e-12)
    ways = np.where(np.abs(ways) > 1e-9, ways, 1.0)
    return np.asarray((points - middles) / ways[:, None], np.complex128)


def _centred(points: NDArray[np.complex128]) -> NDArray[np.complex128]:
    return np.asarray(points - points.mean(), np.complex128)


def eye_aspect_ratio(landmarks: Points) -> tuple[float, float]:
    """Opening over width of the left and the right eye (Soukupova and Cech, "Real-time eye blink
    detection using facial landmarks", CVWW 2016, equation 1); `landmarks` (468, 3)."""
    left, right = (_ratio(landmarks[list(eye), :2]) for eye in (LEFT_EYE, RIGHT_EYE))
    return left, right


def _ratio(eye: NDArray[np.float32]) -> float:
    outer, upper_a, upper_b, inner, lower_b, lower_a = eye
    width = float(np.linalg.norm(outer - inner))
    height = float(np.linalg.norm(upper_a - lower_a) + np.linalg.norm(upper_b - lower_b))
    return height / (2 * max(width, 1e-6))


def blink(frames: Sequence[LivenessFrame], *, confirm: float = 0.25) -> CueResult:
    """The deepest dip of the weaker closing eye, as a share of its opening before and after.

    Sheets that are moved reach 0.16, and one in fifty 0.31 in a mesh that trembles; a replayed
    phone 0.35. Frames that are further apart than `SLOWEST_S` may miss a blink, or make one.
    """
    near = [frame for frame in frames if frame.box.w >= MIN_FACE_PX]
    found = dips(near)
    at, deepest = max(found, key=lambda dip: dip[1], default=(float("nan"), float("nan")))
    if deepest >= confirm:
        around = [f.captured for f in near if abs(f.captured - at) <= BASELINE_S]
        return CueResult(
            BLINK, CueVerdict.CONFIRM, deepest, confirm, len(around), around[0], around[-1]
        )
    return undecided(BLINK, confirm, deepest)


def dips(frames: Sequence[LivenessFrame]) -> list[tuple[float, float]]:
    """(time of the deepest point, depth) of every dip that a blink could be, in order."""
    if len(frames) < 3:
        return []
    times = np.array([frame.captured for frame in frames])
    openings = np.array([eye_aspect_ratio(frame.landmarks) for frame in frames])
    found = []
    for index in range(1, len(frames) - 1):
        depth = _dip(times, openings, index)
        if depth > 0 and _steady(frames, times, index):
            found.append((float(times[index]), depth))
    return found


def _dip(times: NDArray[np.float64], openings: NDArray[np.float64], index: int) -> float:
    """How far both eyes close at `index`, in [0, 1]; 0 where it is no dip of a blink's length."""
    mean = openings.mean(axis=1)
    near = np.abs(times - times[index]) <= LONGEST_S / 2
    if mean[index] > mean[near].min() or np.diff(times[index - 1 : index + 2]).max() > SLOWEST_S:
        return 0.0
    before = (times < times[index] - SHORTEST_S / 2) & (times >= times[index] - BASELINE_S)
    after = (times > times[index] + SHORTEST_S / 2) & (times <= times[index] + BASELINE_S)
    if before.sum() < 2 or after.sum() < 2:
        return 0.0
    baseline = np.minimum(np.median(openings[before], axis=0), np.median(openings[after], axis=0))
    depth = float((1 - openings[index] / np.maximum(baseline, 1e-6)).min())
    if depth < STANDS_OUT * _trembling(openings[before | after]):
        return 0.0
    half = 1 - depth / 2
    shut = mean < half * baseline.mean()
    length = _run(times, shut, index)
    return depth if depth > 0 and SHORTEST_S <= length <= LONGEST_S else 0.0


def _trembling(openings: NDArray[np.float64]) -> float:
    """The median deviation of the openings (N, 2), as a share of their median; the worse eye."""
    middle = np.median(openings, axis=0)
    deviation = np.median(np.abs(openings - middle), axis=0)
    return float((deviation / np.maximum(middle, 1e-6)).max())


def _run(times: NDArray[np.float64], shut: NDArray[np.bool_], index: int) -> float:
    """Seconds from the last open frame before the run of `shut` at `index` to the next one."""
    if not shut[index]:
        return 0.0
    first = last = index
    while first > 0 and shut[first]:
        first -= 1
    while last < len(shut) - 1 and shut[last]:
        last += 1
    return float(times[last] - times[first])


def _steady(frames: Sequence[LivenessFrame], times: NDArray[np.float64], index: int) -> bool:
    near = [
        frame.pose
        for frame, time in zip(frames, times, strict=True)
        if abs(time - times[index]) <= LONGEST_S / 2
    ]
    yaw, pitch = np.array([(pose.yaw, pose.pitch) for pose in near]).T
    return bool(max(np.ptp(yaw), np.ptp(pitch)) <= MAX_NOD)
