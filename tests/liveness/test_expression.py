import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.liveness.evidence import LivenessFrame, View
from accessctl.liveness.expression import expression
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.points import LIDS, MOUTH

WIDTH = 100.0
FACE = np.random.default_rng(5).uniform(-0.5, 0.5, (468, 2)) * WIDTH
SOFT = [*MOUTH, *LIDS]


def seen(
    moved: Callable[[float, np.ndarray], np.ndarray], seconds: float = 2.5, fps: float = 15
) -> list[LivenessFrame]:
    """A face of 100 px whose points are `moved(t, points)` at each time."""
    frames = []
    for index in range(round(seconds * fps)):
        t = index / fps
        points = np.zeros((468, 3), np.float32)
        points[:, :2] = moved(t, FACE) + 300
        frames.append(replace(fake_frame(7 + t, box=Box(0, 0, WIDTH, 120)), landmarks=points))
    return frames


def lifted(points: np.ndarray, which: list[int], by: float) -> np.ndarray:
    changed = points.copy()
    changed[which, 1] += by
    return changed


def test_lips_and_lids_that_move_for_half_the_time_by_hand() -> None:
    # At rest for 1.5 s, then all of them 3 px lower: the median is where they were first, the
    # four quarters of the rest lie 0.03 of the width away.
    frames = seen(lambda t, face: lifted(face, SOFT, 3.0 if t >= 1.5 else 0.0))
    assert expression(frames) == pytest.approx(0.03, abs=1e-4)


def test_one_quarter_in_which_the_mesh_was_lost_does_not_count() -> None:
    frames = seen(lambda t, face: lifted(face, SOFT, 9.0 if 1.0 <= t < 1.25 else 0.0))
    assert expression(frames) < 1e-4
    longer = seen(lambda t, face: lifted(face, SOFT, 9.0 if 1.0 <= t < 1.5 else 0.0))
    assert expression(longer) == pytest.approx(0.09, abs=1e-3)


@given(
    shift=st.floats(-30, 30),
    grow=st.floats(-0.2, 0.2),
    turn=st.floats(-0.3, 0.3),
    bend=st.floats(-0.3, 0.3),
)
@settings(max_examples=40, deadline=None)
def test_what_is_shifted_brought_closer_turned_and_bent_as_a_whole_has_none(
    shift, grow, turn, bend
) -> None:
    def sheet(t: float, face: np.ndarray) -> np.ndarray:
        way = np.sin(2 * t)
        cos, sin = np.cos(turn * way), np.sin(turn * way)
        rolled = face @ np.array([[cos, -sin], [sin, cos]]) * (1 + grow * way)
        rolled[:, 0] += bend * way * face[:, 0] ** 2 / WIDTH
        return rolled + shift * way

    # The middle of a quarter is not quite where the mean of its points lies.
    assert expression(seen(sheet)) < 0.004


def test_mesh_that_trembles_on_its_own_is_averaged() -> None:
    rng = np.random.default_rng(2)
    frames = seen(lambda _, face: face + rng.normal(0, 0.4, face.shape), fps=30)
    # 0.4 px in each of two directions over seven frames: 0.002 of the width, and what the fit adds.
    assert expression(frames) < 0.005


def test_what_lies_beyond_the_picture_is_guessed_and_does_not_count() -> None:
    # The picture is 320 x 600: the face, around (300, 300), is cut off on its right, where its
    # mouth and lids are taken to move.
    frames = seen(lambda t, face: lifted(face, SOFT, 3.0 if t >= 1.0 else 0.0))
    scene = View(np.zeros((150, 80), np.uint8), 0.0, 0.0, 0.25, 1.0)
    cut = [replace(one, scene=scene) if one.captured >= 8 else one for one in frames]
    assert expression(frames) == pytest.approx(0.03, abs=1e-4)
    assert math.isnan(expression(cut))
    wide = View(np.zeros((150, 160), np.uint8), 0.0, 0.0, 0.25, 1.0)
    whole = [replace(one, scene=wide) for one in frames]
    assert expression(whole) == expression(frames)


def test_too_little_to_go_by() -> None:
    moving = seen(lambda t, face: lifted(face, SOFT, 20 * t))
    assert expression(moving) > 0.05
    assert math.isnan(expression([]))
    assert math.isnan(expression(moving[:1]))
    # Four quarters of a second.
    assert math.isnan(expression(moving[:15]))
    assert math.isfinite(expression(moving[:16]))
    slow = seen(lambda t, face: lifted(face, SOFT, 20 * t), fps=2.5)
    assert math.isnan(expression(slow))
