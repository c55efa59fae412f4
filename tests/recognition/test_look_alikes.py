import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.recognition.look_alikes import looks_in_words, passing_share

SCORES = st.lists(st.floats(-10, 15), min_size=1, max_size=5)


def test_the_share_by_hand() -> None:
    # A photo that scores 5: other looks score 0.80 * 5 - 0.92 = 3.08 on average.
    assert passing_share([5.0], 3.08) == pytest.approx(0.5)
    # One deviation of 1.41 above it: 15.87 % of a normal distribution.
    assert passing_share([5.0], 4.49) == pytest.approx(0.1587, abs=1e-4)
    assert passing_share([5.0, -60.0], 3.08) == pytest.approx(0.25)


def test_nobody_passes_what_cannot_be_reached() -> None:
    assert passing_share([9.0], math.inf) == 0.0
    with pytest.raises(ValueError, match="no photo"):
        passing_share([], 3.0)


@given(scores=SCORES, threshold=st.floats(-5, 15), more=st.floats(0, 5))
def test_the_nearer_and_the_less_is_asked_the_more_pass(
    scores: list[float], threshold: float, more: float
) -> None:
    share = passing_share(scores, threshold)
    assert 0 <= share <= 1
    assert passing_share([score + more for score in scores], threshold) >= share - 1e-12
    assert passing_share(scores, threshold + more) <= share + 1e-12


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "fewer than 1 look in 10,000"),
        (math.nan, "fewer than 1 look in 10,000"),
        (0.0001, "about 1 look in 10,000"),
        (0.0243, "about 1 look in 41"),
        (0.00123, "about 1 look in 810"),
        (0.5, "about 1 look in 2"),
        (0.7, "most looks"),
    ],
)
def test_it_is_told_in_looks(share: float, words: str) -> None:
    assert looks_in_words(share) == words
