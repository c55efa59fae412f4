"""The cue `depth`: does the face turn like a head, or like a photograph of one?

It rests on parallax: how far the nose moves on the picture of a face, other than a plane through
the rest of the face would.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.cues.continuity import repeated
from accessctl.liveness.cues.frame_pairs import Pair
from accessctl.liveness.evidence import FLAT, NOSE, CueResult, CueVerdict, LivenessFrame, undecided

PATCH = (15, 15)
LEVELS = 3
MAX_RETURN = 1.0
"""A point that does not come back to within so many pixels when followed backwards is lost."""

MIN_FLAT, MIN_NOSE = 14, 4

DEPTH = "depth"
PAIRS, MIN_PAIRS = 8, 3
MAX_ANGLE = 30.0
"""Further away than this from facing the camera, points vanish behind the nose, degrees."""

LEAST_TURN, MOST_TURN = 0.07, 0.50
"""Turns between two frames that can be measured, as sines of their angles: 4 to 30 degrees."""

FRONTAL = 0.10
"""Frames that are turned no further than this from the most frontal one are frontal, too."""

HIGHEST = 0.45
"""No nose stands out further than so many face widths; a mesh that missed the face seems to."""

MIN_FACE_PX, DOUBT_FACE_PX = 70.0, 120.0
"""Below the second, living people of 80 to 100 px lean without a nose in every fourth pair."""

MAX_REST = 0.03
"""Where the rest of the face fits no plane better than this, the points were not followed well."""

MOST_STEP, LONGEST_S = 0.13, 0.5
"""A motion is unbroken where the face turns by less than this (7 degrees) from a frame to the next
one, and they are less far apart, seconds."""

JERK, AT_REST = 0.04, 0.25
"""A step of more than this (2 degrees) comes out of nothing where a neighbouring one is less than
that share of it: a head sets itself in motion and comes to rest, a picture that is swapped for
another does not."""

MOST_REPEATED, SLOW_S, LONG_S = 0.25, 0.08, 2.4
"""Where more of the pictures of a turning head come back exactly, they may be a flip-book's. Where
frames are further apart than the second, no rest between two pictures can be seen, and a turning
head must be seen for as long as the third, seconds, so that pictures could come back."""

CANDIDATES, TURNED_CANDIDATES = 12, 24
NEARLY_LEANS = 0.4
"""The mesh, which is rounder than a photograph, leans at least this share of what the photograph
does."""


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


def depth(
    frames: Sequence[LivenessFrame],
    *,
    min_turn: float = 0.10,
    confirm: float = 0.12,
    min_tilt: float = 0.28,
    doubt: float = 0.010,
) -> CueResult:
    """The nose's height over the plane of the rest of the face, in face widths.

    Measured twice, on pairs that share no frame. By the foreshortening of the plane: doubts where
    the median over the pairs that lean by at least `min_tilt` (sine) is at most `doubt`, and none
    is above twice that, because a sheet that leans so far and shows no nose at all is a sheet
    (moved sheets reach 0.007, nine pairs of ten below 0.012; of living faces nine of ten are above
    0.012). By the poses: confirms from `confirm` to `HIGHEST` (least squares of nose shift against
    turn) when the turn is at least `min_turn` (the sine of its angle, root mean square), seen
    along an unbroken motion, because stills of a head that are swapped turn as well.
    """
    usable = [frame for frame in frames if _usable(frame)]
    leaning = _leaning(usable, min_tilt)
    flat = [float(np.hypot(*found.nose)) / found.tilt for _, found in leaning]
    if len(flat) >= MIN_PAIRS and np.median(flat) <= doubt and max(flat) <= 2 * doubt:
        return _word(CueVerdict.DOUBT, float(np.median(flat)), doubt, leaning)
    turning = list(_turning(usable))
    found = [parallax for _, parallax in turning]
    height = nose_height(found) if len(found) >= MIN_PAIRS else float("nan")
    solid = turn_size(found) >= min_turn and confirm <= height <= HIGHEST
    if solid and not _may_be_swapped(usable):
        return _word(CueVerdict.CONFIRM, height, confirm, turning)
    if len(flat) >= MIN_PAIRS and np.median(flat) > 2 * doubt:
        return _word(CueVerdict.CLEAR, float(np.median(flat)), doubt, leaning)
    return undecided(DEPTH, confirm, height)


def _word(
    verdict: CueVerdict, figure: float, threshold: float, pairs: Sequence[tuple[Pair, Parallax]]
) -> CueResult:
    times = [frame.captured for pair, _ in pairs for frame in pair]
    return CueResult(DEPTH, verdict, figure, threshold, len(pairs), min(times), max(times))


def _may_be_swapped(frames: Sequence[LivenessFrame]) -> bool:
    times = np.array([frame.captured for frame in frames])
    brief = times[-1] - times[0] < LONG_S and float(np.median(np.diff(times))) > SLOW_S
    return bool(brief) or repeated(frames) > MOST_REPEATED


def _usable(frame: LivenessFrame) -> bool:
    angle = max(abs(frame.pose.yaw), abs(frame.pose.pitch))
    return angle <= MAX_ANGLE and frame.box.w >= MIN_FACE_PX


def _leaning(frames: Sequence[LivenessFrame], min_tilt: float) -> list[tuple[Pair, Parallax]]:
    """Pairs between which the face, by the pictures, leans by `min_tilt` or more."""
    near = [frame for frame in frames if frame.box.w >= DOUBT_FACE_PX]
    few = near[:: -(-len(near) // CANDIDATES) or 1]
    pairs = disjoint(few, mesh_lean, NEARLY_LEANS * min_tilt)
    return [(pair, found) for pair, found in measured(pairs) if found.tilt >= min_tilt]


def _turning(frames: Sequence[LivenessFrame]) -> Iterator[tuple[Pair, Parallax]]:
    """Pairs of a frame that is frontal and one that is turned away from it along an unbroken
    motion, by the poses."""
    for run in unbroken(frames):
        few = run[:: -(-len(run) // TURNED_CANDIDATES)]
        front = min(few, key=lambda frame: float(np.hypot(*tip(frame))))
        frontal = {id(frame) for frame in few if turned(front, frame) < FRONTAL}

        def away(first: LivenessFrame, second: LivenessFrame, frontal: set[int] = frontal) -> float:
            one = (id(first) in frontal) != (id(second) in frontal)
            return turned(first, second) if one else 0.0

        yield from measured(disjoint(few, away, LEAST_TURN))


def measured(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Parallax]]:
    for pair in pairs:
        found = measure_parallax(*pair)
        if found is not None and found.rest <= MAX_REST:
            yield pair, found


def disjoint(
    frames: Sequence[LivenessFrame],
    apart: Callable[[LivenessFrame, LivenessFrame], float],
    least: float,
) -> list[Pair]:
    """At most `PAIRS` pairs of frames that are at least so far `apart` and share no frame, the
    furthest first."""
    ranked = sorted(((apart(*pair), pair) for pair in combinations(frames, 2)), key=lambda r: -r[0])
    taken: set[int] = set()
    pairs: list[Pair] = []
    for far, pair in ranked:
        if far < least or len(pairs) == PAIRS:
            break
        if far <= MOST_TURN and not taken & {id(frame) for frame in pair}:
            taken |= {id(frame) for frame in pair}
            pairs.append(pair)
    return pairs


def mesh_lean(first: LivenessFrame, second: LivenessFrame) -> float:
    """Sine of the angle that foreshortens the flat of the face from mesh to mesh."""
    start, end = (frame.landmarks[list(FLAT), :2] for frame in (first, second))
    way, *_ = np.linalg.lstsq(start - start.mean(axis=0), end - end.mean(axis=0), rcond=None)
    long, short = np.linalg.svd(way, compute_uv=False)
    return float(np.sqrt(max(0.0, 1 - (short / max(long, 1e-9)) ** 2)))


def turned(first: LivenessFrame, second: LivenessFrame) -> float:
    """How far the tip of an upright of one face width moved, by the poses."""
    return float(np.hypot(*np.subtract(tip(second), tip(first))))


def unbroken(frames: Sequence[LivenessFrame]) -> list[list[LivenessFrame]]:
    """The frames, cut wherever the face may have turned unseen."""
    steps = [turned(*pair) for pair in pairwise(frames)]
    runs = [list(frames[:1])] if frames else []
    for index, step in enumerate(steps):
        gap = frames[index + 1].captured - frames[index].captured
        beside = steps[max(0, index - 1) : index] + steps[index + 1 : index + 2]
        jerk = step > JERK and any(one < AT_REST * step for one in beside)
        if not 0 < gap <= LONGEST_S or step > MOST_STEP or jerk:
            runs.append([])
        runs[-1].append(frames[index + 1])
    return runs


def turn_size(pairs: Sequence[Parallax]) -> float:
    """Root mean square turn of the pairs, as the sine of its angle; 0 without any."""
    if not pairs:
        return 0.0
    return float(np.sqrt(np.mean([np.sum(np.square(pair.turn)) for pair in pairs])))


def nose_height(pairs: Sequence[Parallax]) -> float:
    """Least squares slope of the nose's shift against where a turn would take it."""
    turns = np.array([pair.turn for pair in pairs])
    shifts = np.array([pair.nose for pair in pairs])
    return float((turns * shifts).sum() / (turns**2).sum())
