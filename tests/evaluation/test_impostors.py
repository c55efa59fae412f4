import numpy as np
import pytest

from accessctl.evaluation.impostors import impostor_scores, upper_pairs
from accessctl.gallery.calibration import Calibration
from accessctl.gallery.fake import random_units
from accessctl.gallery.matcher import Matcher


def test_the_scores_are_those_that_a_door_would_give() -> None:
    people, others = random_units(7, 8, seed=1), random_units(40, 8, seed=2)
    scores = impostor_scores(people, others, 10)
    matcher = Matcher([], others, Calibration(10, [0, 1], [0, -1], [0, -1]))
    for i, j in ((0, 1), (3, 6), (6, 3)):
        expected = matcher.compare(people[i], people[j]).score
        assert scores[i, j] == pytest.approx(expected, rel=1e-4)
    assert np.isneginf(np.diag(scores)).all()


def test_every_pair_once() -> None:
    scores = np.array([[-np.inf, 1, 2], [1, -np.inf, 3], [2, 3, -np.inf]], np.float32)
    np.testing.assert_array_equal(upper_pairs(scores), [1, 2, 3])
