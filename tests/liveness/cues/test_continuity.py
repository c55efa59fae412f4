from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accessctl.domain import Box
from accessctl.liveness.cues.continuity import (
    continuity,
    flipbook,
    repeated,
    returns,
    shapes,
    steps_of,
    sudden,
)
from accessctl.liveness.evidence import CueVerdict, LivenessFrame
from accessctl.liveness.fake import fake_frame

ADA, BOB = np.eye(2, dtype=np.float32)


def test_the_same_person_throughout_is_no_news() -> None:
    frames = [fake_frame(index / 15, embedding=ADA) for index in range(10)]
    result = continuity(frames)
    assert result.verdict is CueVerdict.UNDECIDED
    assert result.figure == pytest.approx(1.0)


def test_a_swapped_face_is_refused() -> None:
    frames = [fake_frame(i / 15, embedding=ADA if i < 6 else BOB) for i in range(10)]
    result = continuity(frames)
    assert result.verdict is CueVerdict.VETO
    # The mean is (0.6, 0.4); its cosine with the second person is 0.4 / sqrt(0.52).
    assert result.figure == pytest.approx(0.5547, abs=1e-4)


def test_another_track_is_refused() -> None:
    frames = [fake_frame(0.0, track=1), fake_frame(0.1, track=2)]
    assert continuity(frames).verdict is CueVerdict.VETO


@pytest.mark.parametrize(
    ("box", "refused"),
    [
        (Box(160, 100, 100, 120), False),
        (Box(220, 100, 100, 120), True),
        (Box(100, 100, 350, 420), True),
    ],
)
def test_a_jump_is_refused(box: Box, refused: bool) -> None:
    # In a fifteenth of a second a face may go 0.5 + 6 / 15 = 0.9 of its width.
    frames = [fake_frame(0.0), fake_frame(1 / 15, box=box)]
    assert (continuity(frames).verdict is CueVerdict.VETO) is refused


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=2, max_size=8))
def test_a_clock_that_runs_backwards_is_refused(times: list[float]) -> None:
    result = continuity([fake_frame(time) for time in times])
    assert (result.verdict is CueVerdict.VETO) is (times != sorted(times))


def test_time_that_is_no_number_is_refused() -> None:
    assert continuity([fake_frame(0.0), fake_frame(float("nan"))]).verdict is CueVerdict.VETO


def at(places: list[float]) -> np.ndarray:
    """One point of a mesh at those places."""
    return np.array(places)[:, None] + 0j


TIMES = np.arange(6) / 5


def test_steps_by_hand() -> None:
    points = np.array([[0, 0], [0.3, 0.4j]])
    # The root mean square of 0.3 and 0.4.
    assert steps_of(points) == pytest.approx([np.sqrt(0.125)])


def test_pictures_that_come_back() -> None:
    assert returns(at([0.0, 0.1, 0.2, 0.0, 0.1, 0.2]), TIMES).all()
    assert returns(at([0.0, 0.1, 0.2, 0.3, 0.1, 0.5]), TIMES).tolist() == [
        *(False, True, False, False, True, False)
    ]


def test_what_goes_on_and_on_does_not_come_back() -> None:
    assert not returns(at([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), TIMES).any()


def test_who_rests_has_not_come_back() -> None:
    assert not returns(at([0.0, 0.0, 0.0, 0.1, 0.2, 0.3]), TIMES).any()


def test_two_jumps_are_too_few() -> None:
    assert not returns(at([0.0, 0.1, 0.0]), TIMES[:3]).any()


def turned(degrees: float, t: float, size: float = 100.0, place: float = 150.0) -> LivenessFrame:
    random = np.random.default_rng(1)
    x, y = random.uniform(-0.33, 0.33, (2, 468))
    z = np.sqrt(0.25 - x**2 - y**2)
    turn = np.radians(degrees)
    points = [place + size * (x * np.cos(turn) + z * np.sin(turn)), 160 + size * y, 0 * x]
    return replace(fake_frame(t), landmarks=np.column_stack(points).astype(np.float32))


def test_place_and_size_are_no_shape() -> None:
    shape, place = shapes([turned(5, 0.0), turned(5, 0.1, size=130.0, place=190.0)])
    assert steps_of(shape) == pytest.approx([0.0], abs=1e-5)
    assert steps_of(place)[0] > 0.3


def test_a_turn_of_four_degrees_is_a_jump() -> None:
    shape, _ = shapes([turned(0, 0.0), turned(4, 0.1)])
    assert 0.004 < steps_of(shape)[0] < 0.03


def test_a_head_that_turns_there_and_back_passes_other_places() -> None:
    there = [turned(20 * np.sin(0.33 * i + 0.2), i / 5) for i in range(15)]
    stills = [turned((-12.0, 0.0, 12.0)[i % 3], i / 5) for i in range(15)]
    assert repeated(there) < 0.4
    assert repeated(stills) == 1.0


def test_a_head_that_does_not_turn_repeats_nothing() -> None:
    assert repeated([turned(0, i / 5) for i in range(15)]) == 0.0
    assert repeated([turned(0, 0.0)]) == repeated([]) == 0.0


WIDTH = 100.0
TREMBLING = 0.08
"""Pixels by which each coordinate of the mesh trembles: 0.001 face widths, as on a photograph."""


def head(yaw: float) -> NDArray[np.float64]:
    """The mesh (468, 2) of a head 100 pixels wide, half a sphere, turned by `yaw` degrees."""
    random = np.random.default_rng(2)
    x, y = random.uniform(-0.33, 0.33, (2, 468)) * WIDTH
    z = np.sqrt((WIDTH / 2) ** 2 - x**2 - y**2)
    turn = np.radians(yaw)
    return np.column_stack([x * np.cos(turn) + z * np.sin(turn), y])


def shown(t: float, yaw: float, x: float = 150.0, seed: int = 0) -> LivenessFrame:
    random = np.random.default_rng((seed, round(t * 1e4)))
    points = head(yaw) + np.array([x, 160.0]) + random.normal(0, TREMBLING, (468, 2))
    landmarks = np.column_stack([points, np.zeros(468)]).astype(np.float32)
    frame = fake_frame(t, box=Box(x - WIDTH / 2, 100, WIDTH, 120))
    return replace(frame, landmarks=landmarks)


def flips(
    yaws: list[float], *, hold: float, rate: float, seconds: float = 3.0
) -> list[LivenessFrame]:
    """Stills of a head, swapped every `hold` seconds, over and over."""
    times = np.arange(0, seconds, 1 / rate)
    return [shown(float(t), yaws[int(t / hold + 1e-6) % len(yaws)]) for t in times]


def glances(
    rate: float, *, far: float = 18.0, lasts: float = 0.3, seconds: float = 3.0
) -> list[LivenessFrame]:
    """A living head: at rest, a brisk glance to either side, at rest again."""
    times = np.arange(0, seconds, 1 / rate)
    yaws = far * np.exp(-(((times - 0.9) / lasts) ** 2))
    yaws -= far * np.exp(-(((times - 2.0) / lasts) ** 2))
    return [shown(float(t), float(yaw)) for t, yaw in zip(times, yaws, strict=True)]


@pytest.mark.parametrize("rate", [10, 15, 30])
@pytest.mark.parametrize("yaws", [[-12, 12], [-12, 0, 12], list(np.linspace(-22, 22, 6))])
def test_stills_that_are_swapped_in_place(yaws: list[float], rate: float) -> None:
    result = flipbook(flips(yaws, hold=0.5, rate=rate))
    assert result.verdict is CueVerdict.DOUBT
    assert result.figure >= 5


@pytest.mark.parametrize("rate", [5, 7.5])
def test_where_pictures_are_few_it_takes_several_swaps(rate: float) -> None:
    assert flipbook(flips([-12, 0, 12], hold=0.5, rate=rate)).verdict is CueVerdict.DOUBT


def test_one_swap_is_enough() -> None:
    frames = [shown(i / 15, -8 if i < 15 else 8) for i in range(30)]
    result = flipbook(frames)
    assert result.verdict is CueVerdict.DOUBT
    # The swap is the step from frame 14 to 15; the next look may have all that comes later.
    assert result.since <= 14 / 15 < 15 / 15 <= result.until < 18 / 15


@pytest.mark.parametrize("rate", [5, 7.5, 10])
def test_pictures_that_are_swapped_with_every_frame_come_back(rate: float) -> None:
    frames = flips([-20, 4, -8, 16], hold=1 / rate, rate=rate)
    assert flipbook(frames).verdict is CueVerdict.DOUBT


def test_a_face_that_is_elsewhere_at_once() -> None:
    frames = [shown(i / 15, 3.0, x=150 if i < 15 else 175) for i in range(30)]
    assert flipbook(frames).verdict is CueVerdict.DOUBT


@pytest.mark.parametrize("rate", [5, 7.5, 10, 15, 30])
def test_a_living_head_that_glances_about(rate: float) -> None:
    assert flipbook(glances(rate)).verdict is not CueVerdict.DOUBT


@pytest.mark.parametrize("rate", [10, 15, 30])
def test_a_head_that_turns_smoothly_is_clear(rate: float) -> None:
    assert flipbook(glances(rate, lasts=0.4)).verdict is CueVerdict.CLEAR


@pytest.mark.parametrize("lost", range(4))
def test_a_living_head_of_which_frames_are_lost(lost: int) -> None:
    random = np.random.default_rng(lost)
    for rate in (5, 7.5, 10, 15, 30):
        frames = [frame for frame in glances(rate) if random.random() > 0.1]
        assert flipbook(frames).verdict is not CueVerdict.DOUBT


def test_what_happened_while_the_camera_stalled_is_not_known() -> None:
    before = [shown(i / 15, 0.0) for i in range(15)]
    after = [shown(1.5 + i / 15, 15.0) for i in range(15)]
    assert flipbook([*before, *after]).verdict is not CueVerdict.DOUBT


def test_too_few_frames_a_second_say_nothing() -> None:
    assert flipbook(flips([-12, 12], hold=0.5, rate=3)).verdict is CueVerdict.UNDECIDED


def test_a_doubt_is_not_cleared_up_by_a_moment_of_rest() -> None:
    assert flipbook([shown(i / 15, 5.0) for i in range(15)]).verdict is CueVerdict.UNDECIDED
    assert flipbook([shown(i / 15, 5.0) for i in range(45)]).verdict is CueVerdict.CLEAR


def test_a_sudden_step_by_hand() -> None:
    steps = np.array([0.001, 0.002, 0.02, 0.003, 0.001])
    times = np.arange(6) / 15
    # 0.02 is 20 / 3 times the largest of its neighbours.
    (found,) = sudden(steps, times, 0.01, 5.0, beside=2, longest=0.11)
    assert found == (2, pytest.approx(20 / 3))
    assert not sudden(steps, times, 0.01, 7.0, beside=2, longest=0.11)
    assert not sudden(steps, times, 0.03, 5.0, beside=2, longest=0.11)
    assert not sudden(steps, times, 0.01, 5.0, beside=2, longest=0.06)


@settings(max_examples=30)
@given(
    st.lists(st.floats(0, 3), max_size=30, unique=True).map(sorted),
    st.lists(st.floats(-25, 25), min_size=30, max_size=30),
)
def test_any_frames_have_an_answer(times: list[float], yaws: list[float]) -> None:
    result = flipbook([shown(t, yaw) for t, yaw in zip(times, yaws, strict=False)])
    assert result.verdict in {CueVerdict.DOUBT, CueVerdict.CLEAR, CueVerdict.UNDECIDED}
