import numpy as np
import pytest

from accessctl.evaluation.pack import cut_canvas
from accessctl.training.augment.misalign import Jitter, cut_jittered, jittered


def test_without_jitter_it_is_the_plain_cut(face, geometry, draw):
    plain = cut_canvas(face, geometry)
    np.testing.assert_array_equal(cut_jittered(face, geometry, Jitter(0, 0, 0), draw), plain)


def test_stays_within_two_deviations(draw):
    for _ in range(200):
        transform = jittered(Jitter(1.5, 3, 0.03), (64, 70), draw)
        scale = np.sqrt(np.linalg.det(transform[:, :2]))
        turn = np.degrees(np.arctan2(transform[1, 0], transform[0, 0]))
        shift = transform @ [64, 70, 1] - [64, 70]
        assert abs(scale - 1) <= 0.06 + 1e-9
        assert abs(turn) <= 6 + 1e-9
        assert np.abs(shift).max() <= 3 + 1e-9


def test_turns_and_grows_about_the_centre(draw):
    transform = jittered(Jitter(0, 3, 0.03), (64, 70), draw)
    assert transform @ [64, 70, 1] == pytest.approx([64, 70])
    assert not np.allclose(transform[:, :2], np.eye(2))
