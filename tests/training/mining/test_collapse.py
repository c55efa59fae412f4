import numpy as np
import pytest

from accessctl.training.mining.collapse import collapsed, spread


def test_spread_by_hand():
    # Mean of (1, 0) and (0, 1) has length sqrt(1/2).
    found = float(spread(np.array([[2.0, 0], [0, 5]], np.float32)))
    assert found == pytest.approx(np.sqrt(0.5), abs=1e-6)


def test_opposite_faces_spread_fully():
    assert float(spread(np.array([[1.0, 0], [-1, 0]], np.float32))) == pytest.approx(1)


def test_a_constant_is_a_collapse():
    assert collapsed(float(spread(np.full((8, 4), 0.3, np.float32))))


def test_the_imported_encoder_is_no_collapse():
    # Its unit embeddings share a mean of length 1.34 / 1.43.
    assert not collapsed(np.sqrt(1 - (1.34 / 1.43) ** 2))
