import numpy as np

from accessctl.training.mining.distances import (
    mean_where,
    root,
    same_person,
    squared_distances,
    unit,
)


def test_squared_distances_by_hand():
    found = np.array(squared_distances(np.array([[0.0, 0], [3, 4], [0, 1]], np.float32)))
    np.testing.assert_allclose(found, [[0, 25, 1], [25, 0, 18], [1, 18, 0]], atol=1e-4)


def test_unit_rows_and_a_row_without_direction():
    found = np.array(unit(np.array([[3.0, 4], [0, 0]], np.float32)))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0]], atol=1e-6)


def test_root_has_a_gradient_at_zero(gradient_of_root):
    np.testing.assert_allclose(gradient_of_root([0.0, 4.0]), [0.0, 0.25])
    np.testing.assert_allclose(np.array(root(np.array([0.0, 4.0], np.float32))), [0, 2])


def test_who_is_the_same_person():
    same, different = (np.array(m) for m in same_person(np.array([5, -1, 5, 2], np.int32)))
    assert np.argwhere(same).tolist() == [[0, 2], [2, 0]]
    assert np.argwhere(different).tolist() == [[0, 3], [2, 3], [3, 0], [3, 2]]


def test_mean_of_nothing_is_nothing():
    values = np.array([1.0, 2.0, 6.0], np.float32)
    assert float(mean_where(values, np.array([True, False, True]))) == 3.5
    assert float(mean_where(values, np.zeros(3, bool))) == 0
