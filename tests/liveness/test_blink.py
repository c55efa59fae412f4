import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Pose
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
