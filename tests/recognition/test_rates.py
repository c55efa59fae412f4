import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.recognition.rates import comparison_fmr, search_fpir


def test_two_people_by_hand() -> None:
    # (1 - 0.1)^2 = 0.81
    assert comparison_fmr(0.19, 2) == pytest.approx(0.1, rel=1e-12)
    assert search_fpir(0.1, 2) == pytest.approx(0.19, rel=1e-12)


def test_one_person_and_none() -> None:
    assert comparison_fmr(0.001, 1) == pytest.approx(0.001, rel=1e-12)
    assert comparison_fmr(0.001, 0) == comparison_fmr(0.001, 1)
    assert search_fpir(0.5, 0) == 0


def test_tiny_rates_keep_their_digits() -> None:
    assert comparison_fmr(1e-9, 10_000) == pytest.approx(1e-13, rel=1e-8)


@given(st.floats(1e-6, 0.1), st.integers(1, 100_000))
def test_there_and_back(fpir: float, people: int) -> None:
    fmr = comparison_fmr(fpir, people)
    assert search_fpir(fmr, people) == pytest.approx(fpir, rel=1e-9)
    assert comparison_fmr(fpir, people + 1) < fmr


@pytest.mark.parametrize(("fpir", "people"), [(0, 5), (1, 5), (-0.1, 5), (0.1, -1)])
def test_no_such_rate(fpir: float, people: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        comparison_fmr(fpir, people)


@pytest.mark.parametrize(("fmr", "people"), [(1, 5), (-0.1, 5), (0.1, -1)])
def test_no_such_comparison(fmr: float, people: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        search_fpir(fmr, people)
