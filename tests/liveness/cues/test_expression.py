import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, Pose
from accessctl.liveness.cues.expression import (
    averaged,
    blink,
    dips,
    eye_aspect_ratio,
    movement,
    rate,
    stillness,
)
from accessctl.liveness.evidence import FLAT, LIDS, MOUTH, CueVerdict, FramePatch, LivenessFrame
from accessctl.liveness.fake import fake_frame


def at(captured: float, x: float, width: float = 100.0):
    frame = fake_frame(captured, box=Box(0, 0, width, 120))
    return replace(frame, landmarks=np.full((468, 3), x, np.float32))


def test_points_are_averaged_over_a_quarter_of_a_second_by_hand() -> None:
    # 0 and 0.2 s lie in the first quarter, 0.3 in the second, 0.8 in the fourth.
    points = averaged([at(10.0, 10), at(10.2, 20), at(10.3, 50), at(10.8, 70)])
    assert points.shape == (3, 468, 2)
    np.testing.assert_allclose(points[:, 5, 0], [0.15, 0.5, 0.7])


def test_the_width_is_the_median_of_the_boxes() -> None:
    frames = [at(0.0, 50, 100), at(0.3, 50, 200), at(0.6, 50, 250)]
    np.testing.assert_allclose(averaged(frames), 0.25)


def test_slots_in_which_the_face_goes_by_are_left_out() -> None:
    # 30 pixels of 100 in the first quarter of a second, 10 in the second.
    frames = [at(0.0, 0), at(0.2, 30), at(0.25, 40), at(0.45, 50)]
    np.testing.assert_allclose(averaged(frames, 0.2)[:, 7, 1], [0.45])
    assert len(averaged(frames)) == 2
    assert averaged(frames, 0.05).shape == (0, 468, 2)


def test_a_face_without_width_is_no_division_by_zero() -> None:
    assert np.isfinite(averaged([at(0.0, 3, 0.0)])).all()


def test_the_rate_by_hand() -> None:
    assert rate([at(1.0, 0), at(1.1, 0), at(1.5, 0)]) == pytest.approx(4.0)
    assert rate([]) == rate([at(1.0, 0)]) == rate([at(1.0, 0), at(1.0, 0)]) == 0.0
    assert rate([at(1.0, 0), at(0.5, 0)]) == 0.0


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


def expression_of(frames: list[LivenessFrame]) -> float:
    return movement(frames).expression


def test_lips_and_lids_that_move_for_half_the_time_by_hand() -> None:
    # At rest for 1.5 s, then all of them 3 px lower: the median is where they were first, the
    # four quarters of the rest lie 0.03 of the width away.
    frames = seen(lambda t, face: lifted(face, SOFT, 3.0 if t >= 1.5 else 0.0))
    assert expression_of(frames) == pytest.approx(0.03, abs=1e-4)


def test_one_quarter_in_which_the_mesh_was_lost_does_not_count() -> None:
    frames = seen(lambda t, face: lifted(face, SOFT, 9.0 if 1.0 <= t < 1.25 else 0.0))
    assert expression_of(frames) < 1e-4
    longer = seen(lambda t, face: lifted(face, SOFT, 9.0 if 1.0 <= t < 1.5 else 0.0))
    assert expression_of(longer) == pytest.approx(0.09, abs=1e-3)


@given(
    shift=st.floats(-20, 20),
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
    found = movement(seen(sheet))
    assert found.expression < 0.005
    # And where it is most, the rest of the face shows that it was bent.
    assert found.expression < max(0.004, 1.1 * found.warp)


def test_the_warp_of_brows_forehead_and_cheeks_by_hand() -> None:
    # From 1.5 s on everything is stretched along x by a tenth: what a similarity leaves of it is
    # computed by another way, numpy's least squares.
    frames = seen(lambda t, face: face * ([1.1, 1.0] if t >= 1.5 else [1.0, 1.0]))
    flat = FACE[list(FLAT)] / WIDTH
    flat = flat - flat.mean(axis=0)
    # The middle one of ten quarters is that from 1.25 s on, at rest.
    stretched = flat * [1.1, 1.0]
    x, y = stretched.T
    design = np.vstack([np.column_stack([x, -y]), np.column_stack([y, x])])
    wanted = np.concatenate([flat[:, 0], flat[:, 1]])
    left = wanted - design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
    by_hand = np.sqrt(np.square(left).sum() / len(flat))
    assert by_hand > 0.01
    assert movement(frames).warp == pytest.approx(by_hand, rel=0.02)
    assert movement(seen(lambda t, face: lifted(face, SOFT, 20 * t))).warp < 1e-4


@given(shift=st.floats(-20, 20), grow=st.floats(-0.2, 0.2), turn=st.floats(-0.3, 0.3))
@settings(max_examples=40, deadline=None)
def test_what_is_shifted_brought_closer_and_turned_in_the_picture_is_not_warped(
    shift, grow, turn
) -> None:
    def like(t: float, face: np.ndarray) -> np.ndarray:
        way = np.sin(2 * t)
        cos, sin = np.cos(turn * way), np.sin(turn * way)
        return face @ np.array([[cos, -sin], [sin, cos]]) * (1 + grow * way) + shift * way

    # The mean of a quarter's points is a little smaller than the face in its middle, as a whole.
    assert movement(seen(like)).warp < 1e-3


def test_mesh_that_trembles_on_its_own_is_averaged() -> None:
    rng = np.random.default_rng(2)
    frames = seen(lambda _, face: face + rng.normal(0, 0.4, face.shape), fps=30)
    # 0.4 px in each of two directions over seven frames: 0.002 of the width, and what the fit adds.
    assert expression_of(frames) < 0.005


def test_what_lies_beyond_the_picture_is_guessed_and_does_not_count() -> None:
    # The picture is 320 x 600: the face, around (300, 300), is cut off on its right, where its
    # mouth and lids are taken to move.
    frames = seen(lambda t, face: lifted(face, SOFT, 3.0 if t >= 1.5 else 0.0))
    scene = FramePatch(np.zeros((150, 80), np.uint8), 0.0, 0.0, 0.25, 1.0)
    cut = [replace(one, scene=scene) if one.captured >= 8.5 else one for one in frames]
    assert expression_of(frames) == pytest.approx(0.03, abs=1e-4)
    assert expression_of(cut) < 1e-4
    wide = FramePatch(np.zeros((150, 160), np.uint8), 0.0, 0.0, 0.25, 1.0)
    whole = [replace(one, scene=wide) for one in frames]
    assert expression_of(whole) == expression_of(frames)


def test_a_slow_camera_leaves_more_of_the_trembling() -> None:
    # One frame in each quarter of a second instead of three: the square root of three.
    def talks(t: float, face: np.ndarray) -> np.ndarray:
        return lifted(face, SOFT, 3.0 if t >= 1.5 else 0.0)

    assert movement(seen(talks, fps=4)).trembling == pytest.approx(3**0.5)
    assert movement(seen(talks, fps=6)).trembling == pytest.approx(2**0.5)
    assert movement(seen(talks, fps=12)).trembling == pytest.approx(1.0)
    assert movement(seen(talks, fps=30)).trembling == 1.0
    assert movement(seen(talks, fps=4)).expression == pytest.approx(0.03, abs=1e-4)


def test_a_face_that_goes_by_is_not_looked_at_meanwhile() -> None:
    # 2 px a frame: 6 within a quarter of a second, 0.06 of the width; 8: 0.24.
    def passing(t: float, face: np.ndarray, step: float) -> np.ndarray:
        return lifted(face, SOFT, 20 * t) + step * 15 * t

    assert expression_of(seen(lambda t, face: passing(t, face, 2.0))) > 0.05
    assert math.isnan(expression_of(seen(lambda t, face: passing(t, face, 8.0))))


def test_too_little_to_go_by() -> None:
    moving = seen(lambda t, face: lifted(face, SOFT, 20 * t))
    assert expression_of(moving) > 0.05
    assert math.isnan(expression_of([]))
    assert math.isnan(expression_of(moving[:1]))
    # Three quarters of a second, and a frame of the fourth.
    assert math.isnan(expression_of(moving[:12]))
    assert math.isfinite(expression_of(moving[:13]))
    slow = seen(lambda t, face: lifted(face, SOFT, 20 * t), fps=2.5)
    assert math.isnan(expression_of(slow))


def swaying(pixels: float, seconds: float = 3.0) -> list[LivenessFrame]:
    """A face 100 px wide that sways by that amplitude, about once in two seconds."""
    times = np.arange(0, seconds, 1 / 15)
    return [fake_frame(t, box=Box(100 + pixels * np.sin(3 * t), 100, 100, 120)) for t in times]


def speaking(pixels: float, seconds: float = 3.0, rate: float = 15) -> list[LivenessFrame]:
    """A head that rests while its lips go up and down by that amplitude, once in a second."""
    frames = []
    for t in np.arange(0, seconds, 1 / rate):
        frame = fake_frame(t, box=Box(100, 100, 100, 120))
        landmarks = frame.landmarks.copy()
        landmarks[list(MOUTH), 1] += pixels * np.sin(2 * np.pi * t)
        frames.append(replace(frame, landmarks=landmarks))
    return frames


def test_a_photograph_on_a_stand_is_too_still() -> None:
    result = stillness(swaying(0.2))
    assert result.verdict is CueVerdict.DOUBT
    assert (result.frames, result.since, result.until) == (45, 0.0, pytest.approx(44 / 15))


def test_a_head_sways() -> None:
    # Amplitude 2 px of 100: root mean square 0.014, less what a quarter of a second averages away.
    result = stillness(swaying(2.0))
    assert result.verdict is CueVerdict.CLEAR
    assert 0.012 < result.figure < 0.0145


def test_who_holds_the_head_still_but_speaks_is_clear() -> None:
    # Mouth and lids together: 12 of 20 points sway by 1 px of 100, root mean square 0.0055.
    result = stillness(speaking(1.0))
    assert result.verdict is CueVerdict.CLEAR
    assert result.figure < 0.001


def test_a_mesh_that_trembles_does_not_speak() -> None:
    assert stillness(speaking(0.1)).verdict is CueVerdict.DOUBT


@pytest.mark.parametrize("rate", [5, 7.5, 10, 15, 30])
def test_a_second_suffices_at_any_rate(rate: float) -> None:
    frames = [fake_frame(i / rate) for i in range(round(1.2 * rate) + 1)]
    assert stillness(frames).verdict is CueVerdict.DOUBT


def test_a_short_look_says_nothing() -> None:
    assert stillness(swaying(0.0, seconds=0.8)).verdict is CueVerdict.UNDECIDED


def test_too_few_frames_a_second_say_nothing() -> None:
    frames = [fake_frame(i / 3) for i in range(12)]
    assert stillness(frames).verdict is CueVerdict.UNDECIDED
    assert stillness([]).verdict is CueVerdict.UNDECIDED
    assert stillness([fake_frame(1.0)] * 9).verdict is CueVerdict.UNDECIDED


def eyes(openings: list[float], pitches: list[float] | None = None) -> list[LivenessFrame]:
    tilt = pitches or [0.0] * len(openings)
    return [
        fake_frame(index / 15, opening=opening, pose=Pose(0, pitch, 0))
        for index, (opening, pitch) in enumerate(zip(openings, tilt, strict=True))
    ]


OPEN = [0.3] * 12


def test_the_ratio_is_height_over_width() -> None:
    assert eye_aspect_ratio(fake_frame(0.0, opening=0.3).landmarks) == pytest.approx((0.3, 0.3))


def test_a_blink_confirms() -> None:
    result = blink(eyes([*OPEN, 0.2, 0.08, 0.15, *OPEN]))
    assert result.verdict is CueVerdict.CONFIRM
    assert result.figure == pytest.approx(1 - 0.08 / 0.3, abs=1e-4)


@pytest.mark.parametrize("rate", [7.5, 10, 15, 30])
def test_a_blink_is_seen_at_any_rate_that_can_show_one(rate: float) -> None:
    shut = [0.08] * max(1, round(0.15 * rate))
    openings = [*[0.3] * round(rate), *shut, *[0.3] * round(rate)]
    frames = [fake_frame(i / rate, opening=opening) for i, opening in enumerate(openings)]
    assert blink(frames).verdict is CueVerdict.CONFIRM


def test_where_a_blink_may_fall_between_two_frames_nothing_is_said() -> None:
    openings = [0.3, 0.3, 0.3, 0.08, 0.3, 0.3, 0.3]
    frames = [fake_frame(i / 5, opening=opening) for i, opening in enumerate(openings)]
    assert blink(frames).verdict is CueVerdict.UNDECIDED


def test_a_shallow_blink_confirms_and_says_on_which_frames() -> None:
    # From 0.30 to 0.21: three tenths.
    result = blink(eyes([*OPEN, 0.26, 0.21, 0.25, *OPEN]))
    assert result.verdict is CueVerdict.CONFIRM
    assert result.figure == pytest.approx(0.3, abs=1e-4)
    assert result.since <= 12 / 15 < 14 / 15 <= result.until


def test_a_dip_that_does_not_stand_out_of_a_trembling_mesh_is_none() -> None:
    # The openings go up and down by 0.02 of 0.3: a dip of 0.3 is 4.5 times as deep.
    trembling = [0.28, 0.32] * 6
    assert blink(eyes([*trembling, 0.26, 0.21, 0.25, *trembling])).verdict is CueVerdict.UNDECIDED


def test_a_face_that_is_too_small_says_nothing() -> None:
    openings = [*OPEN, 0.2, 0.08, 0.15, *OPEN]
    small = Box(100, 100, 70, 84)
    frames = [fake_frame(i / 15, opening=value, box=small) for i, value in enumerate(openings)]
    assert blink(frames).verdict is CueVerdict.UNDECIDED


def test_one_blink_is_one_dip() -> None:
    (dip,) = [d for d in dips(eyes([*OPEN, 0.2, 0.08, 0.15, *OPEN])) if d[1] > 0.4]
    assert dip[0] == pytest.approx(13 / 15)


@pytest.mark.parametrize(
    "openings",
    [
        OPEN,
        [*OPEN, 0.26, *OPEN],
        [*OPEN, *[0.08] * 12, *OPEN],
        [*OPEN, *[0.08] * 12],
        [*[0.08] * 12, *OPEN],
    ],
    ids=["open", "flutter", "nap", "closing", "opening"],
)
def test_what_is_no_blink(openings: list[float]) -> None:
    assert blink(eyes(openings)).verdict is CueVerdict.UNDECIDED


def test_a_nod_is_no_blink() -> None:
    nod = [*[0.0] * 12, 6.0, 12.0, 6.0, *[0.0] * 12]
    assert blink(eyes([*OPEN, 0.2, 0.08, 0.15, *OPEN], nod)).verdict is CueVerdict.UNDECIDED


@given(st.lists(st.floats(0.29, 0.31), min_size=20, max_size=40), st.floats(0.5, 60))
def test_a_trembling_mesh_never_blinks(openings: list[float], rate: float) -> None:
    frames = [fake_frame(i / rate, opening=value) for i, value in enumerate(openings)]
    assert blink(frames).verdict is CueVerdict.UNDECIDED


@given(st.permutations([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]))
def test_times_in_any_order_do_no_harm(times: list[float]) -> None:
    frames = [fake_frame(t, opening=0.3) for t in times]
    assert blink(frames).verdict is CueVerdict.UNDECIDED
    assert np.isfinite([d for _, d in dips(frames)]).all()
