import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.liveness.result import CueResult, CueVerdict, undecided


def test_what_was_not_measured_has_no_figure() -> None:
    result = undecided("blink", 0.4)
    assert (result.cue, result.verdict, result.threshold) == ("blink", CueVerdict.UNDECIDED, 0.4)
    assert math.isnan(result.figure)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_whatever_the_figure_undecided_stays_undecided(threshold: float, figure: float) -> None:
    wanted = CueResult("depth", CueVerdict.UNDECIDED, figure, threshold)
    assert undecided("depth", threshold, figure) == wanted


def test_nobody_rewrites_a_cues_word() -> None:
    result = undecided("depth", 0.1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.verdict = CueVerdict.CONFIRM  # type: ignore[misc]


def test_the_words_that_logs_hold() -> None:
    assert {str(word) for word in CueVerdict} == {
        "veto",
        "doubt",
        "confirm",
        "clear",
        "undecided",
    }
