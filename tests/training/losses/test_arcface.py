import numpy as np

from accessctl.training.losses.arcface import ArcFace


def test_margin_is_added_to_the_angle():
    cosines = np.cos(np.radians([10, 60, 120])).astype(np.float32)
    found = np.array(ArcFace(np.radians(20))(cosines, None))
    np.testing.assert_allclose(found, np.cos(np.radians([30, 80, 140])), atol=1e-6)


def test_it_never_rewards_a_wider_angle():
    cosines = np.cos(np.linspace(0.01, np.pi - 0.01, 200)).astype(np.float32)
    found = np.array(ArcFace(0.5)(cosines, None))
    # At the seam, cos t - m sin m may lie a little above cos(t + m), by 1 - cos m at most.
    assert (np.diff(found) < 1 - np.cos(0.5)).all()
    assert (found < cosines).all()
    assert found[-1] < found[0]
