import pytest

from accessctl.evaluation.intervals import clopper_pearson


def test_no_event_at_all() -> None:
    # The upper bound p solves (1 - p)^200 = 0.025.
    low, high = clopper_pearson(0, 200)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 200), rel=1e-9)


def test_one_in_two() -> None:
    # P(X >= 1) = 1 - (1 - p)^2 = 0.025 and P(X <= 1) = 1 - p^2 = 0.025.
    low, high = clopper_pearson(1, 2)
    assert low == pytest.approx(1 - 0.975**0.5, rel=1e-9)
    assert high == pytest.approx(0.975**0.5, rel=1e-9)


def test_every_time() -> None:
    assert clopper_pearson(3, 3) == (pytest.approx(0.025 ** (1 / 3), rel=1e-9), 1.0)


@pytest.mark.parametrize(("events", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts(events: int, trials: int) -> None:
    with pytest.raises(ValueError, match="events in"):
        clopper_pearson(events, trials)


def test_impossible_confidence() -> None:
    with pytest.raises(ValueError, match="confidence"):
        clopper_pearson(1, 5, 1.0)
