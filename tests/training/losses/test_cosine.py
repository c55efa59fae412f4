import numpy as np
import pytest

from accessctl.training.losses.cosine import Cosine


def test_by_hand(angles):
    targets = {"teacher": 3 * angles(60, 0)}
    assert float(Cosine()(2 * angles(0, 0), targets)) == pytest.approx((0.5 + 0) / 2, abs=1e-6)


def test_gradient_turns_and_does_not_stretch(angles, gradient):
    slope = gradient(Cosine(), angles(0), {"teacher": angles(90)})[0]
    np.testing.assert_allclose(slope, [0, -1], atol=1e-6)
