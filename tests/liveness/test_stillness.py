import numpy as np

from accessctl.domain import Box
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.result import CueVerdict
from accessctl.liveness.stillness import stillness


def swaying(pixels: float, seconds: float = 3.0) -> list[LivenessFrame]:
    """A face 100 px wide that sways by that amplitude, about once in two seconds."""
    times = np.arange(0, seconds, 1 / 15)
    return [fake_frame(t, box=Box(100 + pixels * np.sin(3 * t), 100, 100, 120)) for t in times]


def test_a_photograph_on_a_stand_is_too_still() -> None:
    assert stillness(swaying(0.2)).verdict is CueVerdict.VETO


def test_a_head_sways() -> None:
    # Amplitude 2 px of 100: root mean square 0.014, less what half a second averages away.
    result = stillness(swaying(2.0))
    assert result.verdict is CueVerdict.UNDECIDED
    assert 0.010 < result.figure < 0.0145


def test_a_short_look_says_nothing() -> None:
    assert stillness(swaying(0.0, seconds=1.5)).verdict is CueVerdict.UNDECIDED
