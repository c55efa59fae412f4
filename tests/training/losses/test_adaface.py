import numpy as np
import pytest

from accessctl.training.losses.adaface import TINY, AdaFace

COSINE = np.float32(np.cos(np.radians(60)))


def margin(lengths, m=0.4):
    return np.array(AdaFace(m, h=1.0)(np.full(len(lengths), COSINE), np.array(lengths, "f")))


def test_an_average_face_gets_the_plain_additive_margin():
    assert margin([2.0, 1.0, 3.0])[0] == pytest.approx(0.5 - 0.4, abs=1e-6)


def test_good_and_poor_faces_by_hand():
    # Lengths 1 and 3: mean 2, deviation 1, so z = -1 and +1 (up to TINY in the divisor).
    z = 1 / (1 + TINY)
    poor, good = margin([1.0, 3.0])
    angle = np.radians(60)
    assert poor == pytest.approx(np.cos(angle + 0.4 * z) - (0.4 - 0.4 * z), abs=1e-5)
    assert good == pytest.approx(np.cos(angle - 0.4 * z) - (0.4 + 0.4 * z), abs=1e-5)


def test_lengths_are_averaged_over_batches():
    layer = AdaFace()
    cosines = np.full(2, COSINE)
    layer(cosines, np.array([1.0, 3.0], "f"))
    assert float(layer.mean) == pytest.approx(2.0)
    layer(cosines, np.array([4.0, 4.0], "f"))
    assert float(layer.mean) == pytest.approx(0.99 * 2 + 0.01 * 4)
    assert float(layer.deviation) == pytest.approx(0.99 * 1)
