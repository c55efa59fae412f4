import math

import numpy as np
import pytest

from accessctl.evaluation.tail import Tail, censored_scale, fit_tail, score_at_rate


def test_censored_scale_by_hand() -> None:
    # Below the limit of 2: 0.5 and 1; beyond it 3 and 9 count 2 each: 5.5 over 2 seen.
    assert censored_scale(np.array([0.5, 1.0, 3.0, 9.0]), 2.0) == pytest.approx(2.75)


def test_how_far_beyond_the_limit_is_of_no_matter() -> None:
    near = censored_scale(np.array([0.5, 1.0, 2.1]), 2.0)
    assert censored_scale(np.array([0.5, 1.0, 999.0]), 2.0) == near


def test_a_weight_of_two_is_the_value_twice() -> None:
    once = censored_scale(np.array([0.5, 0.5, 1.0]), 2.0)
    assert censored_scale(np.array([0.5, 1.0]), 2.0, np.array([2.0, 1.0])) == pytest.approx(once)


def test_nothing_below_the_limit() -> None:
    with pytest.raises(ValueError, match="no excess"):
        censored_scale(np.array([3.0]), 2.0)


def test_score_at_rate_by_hand() -> None:
    descending = np.arange(10, 0, -1.0)
    assert score_at_rate(descending, 0.1) == 10
    assert score_at_rate(descending, 0.3) == 8
    assert score_at_rate(descending, 0.31) == 7
    assert score_at_rate(descending, 1.0) == 1
    assert score_at_rate(descending, 0.01) == 10


def test_rates_along_the_tail_by_hand() -> None:
    tail = Tail(start=4.0, rate=1e-4, scale=0.5)
    assert tail.log10_rate(4.0) == pytest.approx(-4)
    assert tail.log10_rate(4.0 + 0.5 * math.log(10)) == pytest.approx(-5)
    assert tail.score_at(1e-5) == pytest.approx(4.0 + 0.5 * math.log(10))


def test_an_exponential_tail_is_found_again() -> None:
    random = np.random.default_rng(0)
    descending = np.sort(random.exponential(0.7, 1_000_000))[::-1]
    tail = fit_tail(descending, 1e-2, 1e-4)
    assert tail.rate == pytest.approx(1e-2, rel=1e-3)
    assert tail.start == pytest.approx(0.7 * math.log(100), rel=0.02)
    # 9,900 values fix the scale to 1 %.
    assert tail.scale == pytest.approx(0.7, rel=0.04)


def test_a_few_intruders_far_out_do_not_stretch_the_tail() -> None:
    random = np.random.default_rng(0)
    clean = random.exponential(0.7, 1_000_000)
    foul = np.concatenate([clean[:-30], np.full(30, 50.0)])
    scales = [fit_tail(np.sort(scores)[::-1], 1e-2, 1e-4).scale for scores in (clean, foul)]
    assert scales[1] == pytest.approx(scales[0], rel=0.02)
