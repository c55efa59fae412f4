import numpy as np
import pytest

from accessctl.evaluation.counted import count


def test_one_of_two() -> None:
    found = count(np.array([True, False]))
    # P(X >= 1) = 1 - (1 - p)^2 = 0.025 and P(X <= 1) = 1 - p^2 = 0.025.
    assert (found.events, found.trials, found.value) == (1, 2, 0.5)
    assert found.low == pytest.approx(1 - 0.975**0.5)
    assert found.high == pytest.approx(0.975**0.5)


def test_no_trial_has_no_share() -> None:
    with pytest.raises(ValueError, match="0 events in 0 trials"):
        count(np.zeros(0, bool))
