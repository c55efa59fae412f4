import numpy as np
import pytest

from accessctl.evaluation.impostors import impostor_scores, pairs_descending, twins
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser

INF = np.inf


def test_the_scores_are_those_that_a_door_would_give() -> None:
    faces, others = random_units(7, 8, seed=1), random_units(40, 8, seed=2)
    normaliser = Normaliser(others, 10)
    scores = impostor_scores(faces, np.arange(7), normaliser)
    matcher = Matcher([], normaliser, Calibration([0, 1], [0, -1], [0, -1]))
    for i, j in ((0, 1), (3, 6), (6, 3)):
        expected = matcher.compare(faces[i], faces[j]).score
        assert scores[i, j] == pytest.approx(expected, rel=1e-4)


def test_pairs_of_one_person_are_no_strangers() -> None:
    identity = np.array([0, 0, 1, 2, 2])
    normaliser = Normaliser(random_units(40, 8, seed=2), 10)
    scores = impostor_scores(random_units(5, 8, seed=1), identity, normaliser)
    np.testing.assert_array_equal(np.isneginf(scores), identity[:, None] == identity)


def test_every_pair_of_strangers_once() -> None:
    scores = np.array([[-INF, 1, 2], [1, -INF, -INF], [2, -INF, -INF]], np.float32)
    np.testing.assert_array_equal(pairs_descending(scores), [2, 1])


def scores_of_strangers(people: int, faces: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    identity = np.arange(people).repeat(faces)
    scores = np.random.default_rng(seed).normal(size=(len(identity), len(identity)))
    scores = np.triu(scores, 1) + np.triu(scores, 1).T
    scores[identity[:, None] == identity] = -INF
    return scores.astype(np.float32), identity


def test_somebody_under_two_names_is_found_by_all_faces_together() -> None:
    scores, identity = scores_of_strangers(200, 3, seed=4)
    # One face alone would not show it: strangers reach 4.5 in a sample of this size.
    _alike(scores, identity, 20, 90, 4.0)
    assert twins(scores, identity, 1e-2, 1e-3) == {90}


def test_one_look_alike_picture_makes_no_twins() -> None:
    scores, identity = scores_of_strangers(200, 3, seed=4)
    scores[0, 599] = scores[599, 0] = 8.0
    assert twins(scores, identity, 1e-2, 1e-3) == set()


def test_many_twins_are_found_where_one_alone_would_be_doubted() -> None:
    # A mean that some stranger reaches in two such sets is no proof; ten pairs of it are.
    scores, identity = scores_of_strangers(200, 3, seed=4)
    one = scores.copy()
    _alike(one, identity, 20, 90, 1.55)
    assert twins(one, identity, 1e-2, 1e-3) == set()
    for first in range(10):
        _alike(scores, identity, first, first + 100, 1.55)
    assert twins(scores, identity, 1e-2, 1e-3) == set(range(100, 110))


def _alike(scores: np.ndarray, identity: np.ndarray, first: int, second: int, score: float) -> None:
    one, other = np.flatnonzero(identity == first), np.flatnonzero(identity == second)
    scores[np.ix_(one, other)] = scores[np.ix_(other, one)] = score
