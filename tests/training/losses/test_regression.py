import numpy as np
import pytest

from accessctl.training.losses.regression import Regression


def test_mean_squared_error_by_hand(gradient):
    embeddings = np.array([[1.0, 2.0], [0.0, -1.0]], np.float32)
    targets = {"teacher": np.array([[0.0, 2.0], [2.0, -1.0]], np.float32)}
    assert float(Regression()(embeddings, targets)) == pytest.approx((1 + 0 + 4 + 0) / 4)
    np.testing.assert_allclose(
        gradient(Regression(), embeddings, targets), [[0.5, 0], [-1.0, 0]], atol=1e-6
    )
