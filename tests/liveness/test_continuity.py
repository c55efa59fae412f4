import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.liveness.continuity import continuity
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.result import CueVerdict

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
