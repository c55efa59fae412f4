"""A blink: both eyes close and open again within human times while the head is steady."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Points
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import LEFT_EYE, RIGHT_EYE
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "blink"
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
            CUE, CueVerdict.CONFIRM, deepest, confirm, len(around), around[0], around[-1]
        )
    return undecided(CUE, confirm, deepest)


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
