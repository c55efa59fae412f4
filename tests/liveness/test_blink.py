import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Pose
from accessctl.liveness.blink import blink, dips, eye_aspect_ratio
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.result import CueVerdict


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
