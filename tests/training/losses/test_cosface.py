import numpy as np

from accessctl.training.losses.cosface import CosFace


def test_margin_is_taken_off():
    cosines = np.array([0.9, 0.0, -0.5], np.float32)
    found = np.array(CosFace(0.25)(cosines, None))
    np.testing.assert_allclose(found, [0.65, -0.25, -0.75], atol=1e-7)
