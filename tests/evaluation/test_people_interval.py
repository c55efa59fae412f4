import numpy as np
import pytest
from scipy.stats import binom

from accessctl.evaluation.people_interval import rate_over_people


def test_people_are_what_is_resampled() -> None:
    # Whoever fails does so every time: 1000 trials are worth no more than the 50 people.
    person = np.arange(50).repeat(20)
    found = rate_over_people(person < 10, person, np.random.default_rng(0))
    assert (found.events, found.trials, found.people, found.value) == (200, 1000, 50, 0.2)
    low, high = (float(binom.ppf(q, 50, 0.2)) / 50 for q in (0.025, 0.975))
    assert found.low == pytest.approx(low, abs=0.021)
    assert found.high == pytest.approx(high, abs=0.021)


def test_people_with_more_trials_weigh_more() -> None:
    # One person of three trials, all events, and one of a single one: samples of two people
    # have a share of 0, 3/4 or 1.
    person = np.array([0, 0, 0, 1])
    event = np.array([True, True, True, False])
    found = rate_over_people(event, person, np.random.default_rng(0))
    assert (found.value, found.low, found.high) == (0.75, 0, 1)


@pytest.mark.parametrize("happens", [False, True])
def test_where_nothing_varies_the_people_are_the_trials(happens: bool) -> None:
    person = np.arange(4).repeat(100)
    found = rate_over_people(np.full(400, happens), person, np.random.default_rng(0))
    bound = 0.025**0.25
    expected = (bound, 1.0) if happens else (0.0, 1 - bound)
    assert (found.low, found.high) == pytest.approx(expected)


def test_no_trial() -> None:
    with pytest.raises(ValueError, match="no trial"):
        rate_over_people(np.zeros(0, bool), np.zeros(0, int), np.random.default_rng(0))
