import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.gallery.normalisation import BLOCK, neighbour_statistics, normalise

f32 = np.float32


def test_statistics_of_the_nearest_by_hand() -> None:
    probe = np.array([[1, 0]], f32)
    # Similarities 0.9, 0.7, 0.1, -1: the nearest two have mean 0.8 and deviation 0.1.
    cohort = np.array([[0.9, 0], [-1, 0], [0.1, 0], [0.7, 0]], f32)
    found = neighbour_statistics(probe, cohort, 2)
    np.testing.assert_allclose(found.mean, [0.8], rtol=1e-6)
    np.testing.assert_allclose(found.deviation, [0.1], rtol=1e-5)


def test_normalise_by_hand() -> None:
    # ((0.9 - 0.5) / 0.1 + (0.9 - 0.3) / 0.2) / 2 = (4 + 3) / 2
    one = normalise(*(np.array([x], f32) for x in (0.9, 0.5, 0.1, 0.3, 0.2)))
    np.testing.assert_allclose(one, [3.5], rtol=1e-6)


def test_blocks_do_not_change_anything() -> None:
    rows = np.random.default_rng(1).normal(size=(BLOCK + 3, 4)).astype(f32)
    cohort = np.random.default_rng(2).normal(size=(30, 4)).astype(f32)
    found = neighbour_statistics(rows, cohort, 5)
    for row in (0, BLOCK - 1, BLOCK, BLOCK + 2):
        nearest = np.sort(cohort @ rows[row])[-5:]
        assert found.mean[row] == pytest.approx(nearest.mean(), rel=1e-5)
        assert found.deviation[row] == pytest.approx(nearest.std(), rel=1e-4)


def test_a_cohort_of_twins_does_not_divide_by_nothing() -> None:
    found = neighbour_statistics(np.ones((1, 2), f32), np.ones((3, 2), f32), 3)
    assert found.deviation[0] > 0


@pytest.mark.parametrize("neighbours", [1, 4])
def test_neighbours_must_fit(neighbours: int) -> None:
    with pytest.raises(ValueError, match="neighbours"):
        neighbour_statistics(np.ones((1, 2), f32), np.ones((3, 2), f32), neighbours)


small = st.floats(-1, 1, width=32)
positive = st.floats(0.0625, 1, width=32)


@given(small, small, positive, small, positive)
def test_sides_may_be_swapped(s: float, mt: float, dt: float, mp: float, dp: float) -> None:
    s, mt, dt, mp, dp = (np.array([x], f32) for x in (s, mt, dt, mp, dp))
    np.testing.assert_allclose(
        normalise(s, mt, dt, mp, dp), normalise(s, mp, dp, mt, dt), atol=1e-5
    )
