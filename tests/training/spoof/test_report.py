import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.training.spoof.report import auc, rates

scores = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=1, max_size=30)


@given(positive=scores, negative=scores)
@settings(max_examples=60, deadline=None)
def test_the_area_is_what_every_pair_says(positive, negative) -> None:
    pairs = [(a > b) + (a == b) / 2 for a in positive for b in negative]
    found = auc(np.array(positive, np.float32), np.array(negative, np.float32))
    assert found == pytest.approx(np.mean(pairs))


def test_the_area_agrees_with_another_implementation() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(1, 1, 70).round(1), rng.normal(0, 1, 90).round(1)
    truth = np.r_[np.ones(70), np.zeros(90)]
    wanted = metrics.roc_auc_score(truth, np.r_[positive, negative])
    assert auc(positive, negative) == pytest.approx(wanted)


def test_the_area_of_nothing_is_no_number() -> None:
    some, none = np.ones(3, np.float32), np.empty(0, np.float32)
    assert math.isnan(auc(some, none))
    assert math.isnan(auc(none, some))


def test_rates_by_hand(made_samples) -> None:
    kind = ["living"] * 5 + ["paper"] * 3 + ["real"]
    source = ["lfw", "lfw", "lfw", "film", "film", "lfw", "lfw", "film", "real"]
    living = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0], np.bool_)
    samples = replace(
        made_samples(9, 0), kind=np.array(kind), source=np.array(source), living=living
    )
    said = np.array([0.95, 0.9, 0.5, 0.99, 0.7, 0.2, 0.6, 0.95, 0.1], np.float32)
    found = rates(said, samples)
    # 20 pairs of living and attack. Of the attacks 0.2 and 0.1 are below all five; 0.6 is below
    # four, 0.95 below one and equal to another: (5 + 5 + 4 + 1.5) / 20.
    assert found.pop("auc") == pytest.approx(15.5 / 20)
    assert found == {
        "bpcer_film": pytest.approx(1 / 2),
        "bpcer_lfw": pytest.approx(1 / 3),
        "apcer_paper": pytest.approx(1 / 3),
        # 95 % of the living lie above 0.5 + 0.2 x (0.7 - 0.5) = 0.54.
        "apcer95_paper": pytest.approx(2 / 3),
        "apcer_real": 0.0,
        "apcer95_real": 0.0,
    }
    lower = rates(said, samples, 0.55)
    assert lower["bpcer_lfw"] == pytest.approx(1 / 3)
    assert lower["bpcer_film"] == 0
    assert lower["apcer_paper"] == pytest.approx(2 / 3)
    assert lower["apcer95_paper"] == pytest.approx(2 / 3)


def test_no_number_counts_as_refused_and_never_as_let_in(made_samples) -> None:
    samples = made_samples(4, 0)
    found = rates(np.full(4, np.nan, np.float32), samples)
    assert found["bpcer_lfw"] == 1
    assert found["apcer_paper"] == 0
    assert found["apcer95_paper"] == 0
