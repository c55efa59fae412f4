import numpy as np
import pytest

from accessctl.encoder.base import unit
from accessctl.errors import ModelError


def test_rows_get_length_one():
    rows = unit(np.float32([[3, 4], [0, -2]]))
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, -1]], rtol=1e-6)


def test_a_long_vector_does_not_overflow():
    np.testing.assert_allclose(unit(np.float32([[3e38, 3e38]])), [[0.5**0.5] * 2], rtol=1e-6)


def test_no_rows_are_no_rows():
    assert unit(np.empty((0, 4), np.float32)).shape == (0, 4)


@pytest.mark.parametrize("row", [[0, 0], [np.nan, 1], [np.inf, 1]])
def test_a_row_without_direction_is_refused(row):
    with pytest.raises(ModelError, match="without a direction"):
        unit(np.float32([[1, 0], row]))
