from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_curve

from accessctl.training import validation
from accessctl.training.validation import (
    Validation,
    explained_variance,
    one_shot_accuracy,
    pair_accuracy,
    pair_scores,
    unit_rows,
)


@pytest.fixture
def setting():
    """Four people with three photos; a "network" that gives back what is in the crops."""
    person = np.repeat(np.arange(4), 3).astype(np.int32)
    draw = np.random.default_rng(0)
    vectors = (10 * np.eye(4)[person] + draw.standard_normal((12, 4))).astype(np.float32)
    card = SimpleNamespace(normalise=lambda crops: crops)
    network = SimpleNamespace(predict_on_batch=lambda crops: crops)
    return vectors, person, card, network


def test_good_embeddings_measure_well(setting):
    vectors, person, card, network = setting
    found = Validation(vectors, person, teacher=vectors, regressed=True).measure(network, card)
    assert found["tar_1e3"] == found["pair_accuracy"] == found["explained"] == 1
    assert "one_shot_20" not in found
    assert "pair_tar_1e3" not in found


def test_joined_to_a_better_encoder_it_measures_better(setting):
    vectors, person, card, network = setting
    noise = np.random.default_rng(1).standard_normal((12, 4)).astype(np.float32)
    validation = Validation(noise, person, teacher=noise, beside=vectors, beside_weight=3.0)
    found = validation.measure(network, card)
    assert found["pair_tar_1e3"] > found["tar_1e3"]
    references = validation.references()
    assert references["beside_tar_1e3"] == 1
    assert references["teacher_pair_tar_1e3"] == found["pair_tar_1e3"]


def test_a_teacher_whose_values_nobody_asks_for_explains_nothing(setting):
    vectors, person, card, network = setting
    found = Validation(vectors, person, teacher=100 * vectors).measure(network, card)
    assert "explained" not in found


def test_where_both_impostors_may_pass_everybody_is_accepted():
    genuine, impostor = np.array([0.1, 0.2]), np.array([0.8, 0.9])
    assert validation.tar_at_fmr(genuine, impostor, 1.0) == 1


@pytest.fixture
def scores():
    draw = np.random.default_rng(2)
    return draw.normal(1, 1, 400), draw.normal(-1, 1, 900)


def test_each_pair_once_by_hand():
    genuine, impostor = pair_scores(np.array([[2.0, 0], [0, 3], [1, 1]]), np.array([0, 0, 1]))
    assert genuine == pytest.approx([0])
    assert sorted(impostor) == pytest.approx([np.sqrt(0.5)] * 2)


def curve(scores):
    genuine, impostor = scores
    truth = np.repeat([1, 0], [len(genuine), len(impostor)])
    return roc_curve(truth, np.concatenate(scores), drop_intermediate=False)


def test_pair_accuracy_as_scikit_learn_has_it(scores):
    false, true, _ = curve(scores)
    assert pair_accuracy(*scores) == pytest.approx(((true + 1 - false) / 2).max())


def test_explained_variance_as_scikit_learn_has_it():
    draw = np.random.default_rng(1)
    target = draw.standard_normal((50, 3))
    predicted = target + 0.5 * draw.standard_normal((50, 3))
    weights = target.var(axis=0)
    expected = r2_score(target, predicted, multioutput=weights)
    assert explained_variance(predicted, target) == pytest.approx(expected)
    assert explained_variance(target, target) == 1


def test_one_shot_of_perfect_and_of_blind_embeddings():
    person = np.repeat(np.arange(10), 4)
    draw = np.random.default_rng(1)
    perfect = np.eye(10)[person]
    assert one_shot_accuracy(perfect, person, 10, 200, draw) == 1
    blind = draw.standard_normal((40, 8))
    assert one_shot_accuracy(blind, person, 10, 2000, draw) == pytest.approx(0.1, abs=0.06)


def test_one_shot_with_too_few_people_is_no_number():
    embeddings = np.eye(4)
    assert np.isnan(
        one_shot_accuracy(embeddings, np.array([0, 0, 1, 1]), 3, 5, np.random.default_rng(0))
    )


def test_a_zero_row_stays_zero():
    np.testing.assert_allclose(unit_rows(np.array([[0.0, 0], [0, 4]])), [[0, 0], [0, 1]])
