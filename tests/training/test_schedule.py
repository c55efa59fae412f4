import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.training.schedule import learning_rate


@pytest.mark.parametrize(
    ("progress", "rate"),
    [(0, 0.01), (0.05, 0.5), (0.1, 1.0), (0.55, 0.505), (1.0, 0.01)],
)
def test_by_hand(progress, rate):
    found = learning_rate(3.0, progress, warmup=0.1, floor=0.01)
    assert found == pytest.approx(3 * rate)


@given(st.floats(0, 2), st.floats(0.001, 0.5))
def test_between_floor_and_peak(progress, warmup):
    assert 0.01 <= learning_rate(1.0, progress, warmup=warmup) <= 1.0 + 1e-12
