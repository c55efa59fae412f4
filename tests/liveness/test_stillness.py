from dataclasses import replace

import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.points import MOUTH
from accessctl.liveness.result import CueVerdict
from accessctl.liveness.stillness import stillness


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
