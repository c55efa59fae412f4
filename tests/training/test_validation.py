from types import SimpleNamespace

import numpy as np
import pytest

from accessctl.training import validation
from accessctl.training.validation import Validation


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
    assert np.isnan(found["one_shot_20"])
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
