"""A photograph that is moved as a plane, and the same face as a solid head that turns."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from accessctl.domain import Box, Pose
from accessctl.liveness.cues.depth import (
    Parallax,
    disjoint,
    fit_plane,
    follow,
    lean,
    measure_parallax,
    nose_height,
    through,
    tip,
    turn_size,
    turned,
    unbroken,
)
from accessctl.liveness.evidence import FLAT, NOSE, FramePatch, LivenessFrame
from accessctl.liveness.fake import fake_frame

SIZE = 160
DEGREES = st.floats(-80, 80)


def texture(seed: int) -> NDArray[np.uint8]:
    grain = np.random.default_rng(seed).normal(0, 1, (SIZE, SIZE)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 2.5)
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


SKIN, NOSE_SKIN = texture(1), texture(2)


def on_a_ring(count: int) -> NDArray[np.float64]:
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    away = np.where(np.arange(count) % 2, 50.0, 40.0)
    return 80 + away[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])


def shown(
    move: tuple[float, float] = (0, 0),
    nose: tuple[float, float] = (0, 0),
    pose: Pose | None = None,
) -> LivenessFrame:
    """A face 80 pixels wide whose skin moved by `move` and whose nose by `nose` besides."""
    image = shifted(SKIN, move)
    patch = shifted(NOSE_SKIN, (move[0] + nose[0], move[1] + nose[1]))
    x, y = (80 + round(m + n) for m, n in zip(move, nose, strict=True))
    image[y - 20 : y + 20, x - 20 : x + 20] = patch[y - 20 : y + 20, x - 20 : x + 20]
    landmarks = np.zeros((468, 3), np.float32)
    # The mesh is that of a rigid photograph: it does not know of the nose's own way.
    landmarks[list(FLAT), :2] = on_a_ring(len(FLAT)) + move
    landmarks[list(NOSE), :2] = 80 + np.random.default_rng(3).uniform(-8, 8, (len(NOSE), 2)) + move
    frame = fake_frame(0.0, pose=pose or Pose(0, 0, 0), box=Box(40, 40, 80, 80))
    return replace(frame, landmarks=landmarks, face=FramePatch(image, 0.0, 0.0, 1.0, 1.0))


def shifted(image: NDArray[np.uint8], move: tuple[float, float]) -> NDArray[np.uint8]:
    way = np.array([[1, 0, move[0]], [0, 1, move[1]]], np.float64)
    return cv2.warpAffine(image, way, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


@pytest.mark.parametrize("nose", [(0, 0), (4, 0), (-4, 0), (0, 3), (3, -3)])
def test_the_noses_own_way_in_face_widths(nose: tuple[int, int]) -> None:
    found = measure_parallax(shown(), shown(move=(5, 3), nose=nose))
    assert found is not None
    assert found.nose == pytest.approx((nose[0] / 80, nose[1] / 80), abs=0.003)
    assert found.rest < 0.003
    assert found.tilt < 0.1


def test_where_a_nose_would_have_gone_is_the_poses_word() -> None:
    found = measure_parallax(shown(), shown(move=(2, 0), pose=Pose(30, 0, 0)))
    assert found is not None
    assert found.turn == pytest.approx((0.5, 0.0))


def test_a_featureless_picture_says_nothing() -> None:
    blank = FramePatch(np.full((SIZE, SIZE), 128, np.uint8), 0.0, 0.0, 1.0, 1.0)
    assert measure_parallax(shown(), replace(shown(), face=blank)) is None
    assert measure_parallax(fake_frame(0.0), fake_frame(0.1)) is None


def test_another_picture_says_nothing_and_does_not_pass_for_a_plane() -> None:
    other = replace(shown(), face=FramePatch(texture(9), 0.0, 0.0, 1.0, 1.0))
    found = measure_parallax(shown(), other)
    assert found is None or found.rest > 0.03


def test_points_are_followed_to_where_they_went() -> None:
    start = on_a_ring(12).astype(np.float32)
    moved, kept = follow(SKIN, shifted(SKIN, (6, -4)), start, start)
    assert kept.sum() >= 10
    assert np.abs(moved[kept] - (start[kept] + (6, -4))).max() < 0.2


def test_points_that_vanished_are_given_up() -> None:
    gone = shifted(SKIN, (2, 0))
    gone[:, 80:] = texture(7)[:, 80:]
    start = np.array([[40, y] for y in range(30, 130, 20)] + [[110, y] for y in range(30, 130, 20)])
    start = start.astype(np.float32)
    moved, kept = follow(SKIN, gone, start, start)
    assert kept[:5].all()
    right = np.abs(moved - start - (2, 0)).max(axis=1) < 0.5
    assert not (kept[5:] & right[5:]).any()
    assert kept[5:].sum() <= 2


PLANE = np.array([[1.1, 0.05, 4.0], [-0.03, 0.95, -6.0], [2e-4, -1e-4, 1.0]])


def test_a_plane_goes_through_its_points_and_is_divided_by_depth() -> None:
    # (1.1 * 100 + 4) / 1.02 and (-0.03 * 100 - 6) / 1.02
    found = through(PLANE, np.array([[100.0, 0.0]], np.float32))
    assert found[0] == pytest.approx((114 / 1.02, -9 / 1.02), rel=1e-5)


def test_a_fitted_plane_does_not_mind_some_wrong_points() -> None:
    start = np.random.default_rng(4).uniform(0, 160, (40, 2)).astype(np.float32)
    end = through(PLANE, start)
    end[:8] += 30
    found = fit_plane(start, end)
    assert found is not None
    assert through(found, start)[8:] == pytest.approx(through(PLANE, start)[8:], abs=0.05)


@pytest.mark.parametrize(
    ("pose", "place"),
    [
        (Pose(0, 0, 0), (0, 0)),
        (Pose(0, 0, 70), (0, 0)),
        (Pose(30, 0, 0), (0.5, 0)),
        (Pose(-90, 0, 0), (-1, 0)),
        # Pitch is positive upwards, the picture's y downwards.
        (Pose(0, 30, 0), (0, -0.5)),
        # Rolled clockwise by a quarter, what went right goes down and what went up goes right.
        (Pose(30, 0, 90), (0, 0.5)),
        (Pose(0, 30, 90), (0.5, 0)),
    ],
)
def test_where_the_tip_of_an_upright_is(pose: Pose, place: tuple[float, float]) -> None:
    assert tip(fake_frame(0.0, pose=pose)) == pytest.approx(place, abs=1e-6)


@given(DEGREES, DEGREES, st.floats(-180, 180))
def test_rolling_the_head_takes_the_tip_no_further(yaw: float, pitch: float, roll: float) -> None:
    upright = np.hypot(*tip(fake_frame(0.0, pose=Pose(yaw, pitch, 0))))
    rolled = np.hypot(*tip(fake_frame(0.0, pose=Pose(yaw, pitch, roll))))
    assert rolled == pytest.approx(upright, abs=1e-9)


def rotation(degrees: float) -> NDArray[np.float64]:
    a = np.radians(degrees)
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


@given(st.floats(5, 75), st.floats(0, 360), st.floats(0, 360), st.floats(0.3, 3))
def test_a_plane_leans_the_same_about_whatever_axis(degrees, axis, roll, size) -> None:
    shrunk = np.diag([np.cos(np.radians(degrees)), 1.0])
    plane = np.eye(3)
    plane[:2, :2] = size * rotation(roll) @ rotation(axis) @ shrunk @ rotation(-axis)
    at = np.array([20.0, -30.0], np.float32)
    assert lean(plane, at) == pytest.approx(np.sin(np.radians(degrees)), abs=2e-3)


def test_a_plane_seen_edge_on_leans_all_the_way() -> None:
    assert lean(np.diag([0.0, 1.0, 1.0]), np.zeros(2, np.float32)) == pytest.approx(1.0)


def test_a_plane_that_leans_by_thirty_degrees() -> None:
    plane = np.diag([np.cos(np.radians(30)), 1.0, 1.0])
    assert lean(plane, np.zeros(2, np.float32)) == pytest.approx(0.5, abs=1e-4)


def test_a_picture_that_only_moves_grows_and_rolls_does_not_lean() -> None:
    plane = np.array([[0.0, -1.4, 30.0], [1.4, 0.0, -12.0], [0.0, 0.0, 1.0]])
    assert lean(plane, np.ones(2, np.float32)) == pytest.approx(0.0, abs=2e-3)


def test_the_noses_height_is_its_shift_by_the_turn() -> None:
    pairs = [
        Parallax(nose=(0.05, 0.0), rest=0.0, turn=(0.25, 0.0), tilt=0.2),
        Parallax(nose=(0.0, -0.08), rest=0.0, turn=(0.0, -0.4), tilt=0.2),
    ]
    assert nose_height(pairs) == pytest.approx(0.2)
    assert turn_size(pairs) == pytest.approx(np.sqrt((0.0625 + 0.16) / 2))


def test_a_shift_across_the_turn_is_no_depth() -> None:
    pairs = [Parallax(nose=(0.0, 0.1), rest=0.0, turn=(0.3, 0.0), tilt=0.2)]
    assert nose_height(pairs) == pytest.approx(0.0)


def turning(yaws: list[float], rate: float = 15) -> list[LivenessFrame]:
    return [fake_frame(i / rate, pose=Pose(yaw, 0, 0)) for i, yaw in enumerate(yaws)]


def test_a_smooth_turn_is_unbroken() -> None:
    frames = turning([12 * np.sin(i / 5) for i in range(30)])
    assert unbroken(frames) == [frames]


@pytest.mark.parametrize("swap", [3.0, 12.0])
def test_a_turn_out_of_nothing_breaks_it(swap: float) -> None:
    frames = turning([0, 0.1, 0, swap, swap, swap + 0.1])
    assert [len(run) for run in unbroken(frames)] == [3, 3]


def test_a_gap_in_time_breaks_it() -> None:
    frames = [fake_frame(t) for t in (0.0, 0.2, 0.4, 1.0, 1.2)]
    assert [len(run) for run in unbroken(frames)] == [3, 2]
    assert unbroken([]) == []


def test_pairs_share_no_frame_and_the_furthest_come_first() -> None:
    # Sines of 0, 10, 20 and 25 degrees: 0, 0.174, 0.342 and 0.423.
    frames = turning([0, 10, 20, 25])
    pairs = disjoint(frames, turned, 0.07)
    assert [[frames.index(f) for f in pair] for pair in pairs] == [[0, 3], [1, 2]]
    assert disjoint(frames, turned, 0.2)[0] == (frames[0], frames[3])
    assert len(disjoint(frames, turned, 0.2)) == 1
