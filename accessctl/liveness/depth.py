"""Does the face turn like a head, or like a photograph of one?"""

from collections.abc import Sequence

import numpy as np

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.parallax import Parallax, measure_parallax, tip
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "depth"
PAIRS, MIN_PAIRS = 6, 3
MAX_ANGLE = 30.0
"""Further away than this from facing the camera, points vanish behind the nose, degrees."""

LEAST_TURN, MOST_TURN = 0.07, 0.50
"""Turns between two frames that can be measured, as sines of their angles: 4 to 30 degrees."""

HIGHEST = 0.45
"""No nose stands out further than so many face widths; a mesh that missed the face seems to."""

MIN_FACE_PX = 70.0
MAX_REST = 0.03
"""Where the rest of the face fits no plane better than this, the points were not followed well."""


def depth(
    frames: Sequence[LivenessFrame],
    *,
    min_turn: float = 0.10,
    confirm: float = 0.12,
    min_tilt: float = 0.28,
    veto: float = 0.015,
) -> CueResult:
    """The nose's height over the plane of the rest of the face, in face widths.

    Measured twice. By the poses: confirms from `confirm` to `HIGHEST`, the mean over pairs of
    frames (least squares of nose shift against turn), when the turn is at least `min_turn`
    (the sine of its angle, root mean square), because the poses come from the mesh, which
    hardly turns on a photograph. By the foreshortening of the plane: vetoes up to `veto`, the
    median over the pairs that lean by at least `min_tilt` (sine), because a sheet that leans
    so far and shows no nose at all is a sheet.
    """
    pairs = measured(frames)
    leaning = [pair for pair in pairs if pair.tilt >= min_tilt]
    if len(leaning) >= MIN_PAIRS:
        flat = float(np.median([np.hypot(*pair.nose) / pair.tilt for pair in leaning]))
        if flat <= veto:
            return CueResult(CUE, CueVerdict.VETO, flat, veto)
    turning = [pair for pair in pairs if np.hypot(*pair.turn) >= LEAST_TURN]
    if len(turning) < MIN_PAIRS or turn_size(turning) < min_turn:
        return undecided(CUE, confirm)
    height = nose_height(turning)
    if confirm <= height <= HIGHEST:
        return CueResult(CUE, CueVerdict.CONFIRM, height, confirm)
    return undecided(CUE, confirm, height)


def measured(frames: Sequence[LivenessFrame]) -> list[Parallax]:
    found = (measure_parallax(first, second) for first, second in choose_pairs(frames))
    return [pair for pair in found if pair is not None and pair.rest <= MAX_REST]


def choose_pairs(
    frames: Sequence[LivenessFrame],
) -> list[tuple[LivenessFrame, LivenessFrame]]:
    """The most frontal frame with those that are turned furthest from it, within reason."""
    usable = [
        frame
        for frame in frames
        if max(abs(frame.pose.yaw), abs(frame.pose.pitch)) <= MAX_ANGLE
        and frame.box.w >= MIN_FACE_PX
    ]
    if not usable:
        return []
    anchor = min(usable, key=lambda f: abs(f.pose.yaw) + abs(f.pose.pitch))

    def turned(frame: LivenessFrame) -> float:
        return float(np.hypot(*np.subtract(tip(frame), tip(anchor))))

    away = sorted(
        (frame for frame in usable if frame is not anchor and turned(frame) <= MOST_TURN),
        key=turned,
        reverse=True,
    )
    return [(anchor, frame) for frame in away[:PAIRS]]


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
