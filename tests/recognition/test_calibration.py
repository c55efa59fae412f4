import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import ModelError
from accessctl.recognition.calibration import Calibration

SCORE = [0.0, 2.0, 4.0]
RATE = [0.0, -2.0, -4.0]
UPPER = [0.0, -1.0, -3.0]


@pytest.fixture
def table() -> Calibration:
    return Calibration(SCORE, RATE, UPPER)


@pytest.mark.parametrize(
    ("score", "rate", "upper"),
    [(2, 1e-2, 1e-1), (1, 1e-1, 10**-0.5), (3, 1e-3, 1e-2), (4, 1e-4, 1e-3)],
)
def test_rates_between_the_rows(
    table: Calibration, score: float, rate: float, upper: float
) -> None:
    assert table.fmr(score) == pytest.approx(rate)
    assert table.fmr_upper(score) == pytest.approx(upper)


def test_nothing_is_claimed_outside_the_table(table: Calibration) -> None:
    assert table.fmr(99) == table.fmr(4) == pytest.approx(1e-4)
    assert table.fmr_upper(math.inf) == pytest.approx(1e-3)
    assert table.fmr(-99) == 1
    assert table.smallest_fmr == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("rate", "score"), [(1, 0), (0.1, 2), (0.01, 3), (1e-3, 4), (10**-0.5, 1), (0.99e-3, math.inf)]
)
def test_threshold_is_where_the_upper_bound_keeps_the_rate(
    table: Calibration, rate: float, score: float
) -> None:
    assert table.threshold(rate) == pytest.approx(score)


@given(st.floats(-3, 0), st.floats(-3, 0))
def test_threshold_is_monotone_and_kept(one: float, other: float) -> None:
    table = Calibration(SCORE, RATE, UPPER)
    low, high = sorted((10**one, 10**other))
    assert table.threshold(low) >= table.threshold(high)
    assert table.fmr_upper(table.threshold(low)) <= low * (1 + 1e-9)


def test_threshold_on_a_flat_step() -> None:
    table = Calibration([0, 1, 2, 3], [0, -1, -1, -2], [0, -1, -1, -2])
    assert table.threshold(0.1) == pytest.approx(1)
    assert table.threshold(0.099) > 2


@pytest.mark.parametrize("rate", [0, -1, 1.1])
def test_not_a_rate(table: Calibration, rate: float) -> None:
    with pytest.raises(ValueError, match="false-match rate"):
        table.threshold(rate)


@pytest.mark.parametrize(
    ("score", "rate", "upper", "complaint"),
    [
        ([0.0], [0.0], [0.0], "fewer than 2 rows"),
        ([0.0, 1.0], [0.0, -1.0, -2.0], [0.0, -1.0], "different lengths"),
        ([0.0, 0.0], [0.0, -1.0], [0.0, -1.0], "do not ascend"),
        ([0.0, 1.0], [-1.0, 0.0], [0.0, 0.0], "rise with the score"),
        ([0.0, 1.0], [-1.0, -2.0], [-1.0, -0.5], "rise with the score"),
        ([0.0, 1.0], [-1.0, -2.0], [-0.5, -2.5], "below their rates"),
        ([0.0, 1.0], [0.5, -1.0], [0.5, -1.0], "no rates"),
        ([0.0, 1.0], [0.0, -16.0], [0.0, -1.0], "no rates"),
        ([0.0, math.nan], [0.0, -1.0], [0.0, -1.0], "not finite"),
    ],
)
def test_tables_refused(score: list, rate: list, upper: list, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        Calibration(score, rate, upper)
