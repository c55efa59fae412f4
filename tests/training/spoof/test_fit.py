import csv
import math
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.errors import InputError, StoreError
from accessctl.training.spoof.fit import (
    HISTORY_FILE,
    NETWORK_FILE,
    FitPlan,
    ahead,
    auc,
    batch_of,
    batches,
    fit,
    kept,
    living_of,
    matched_batch,
    order,
    rate_at,
    rates,
    softened,
    stacked,
)
from accessctl.training.spoof.network import build_network

# Keras 3.15 hands its variables to numpy in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


# A network of one convolution for each cut.
tiny_network = partial(build_network, (8,))


def plain_network() -> keras.Model:
    """One that needs no time, but has all that must be kept: averages, dropout, an optimiser."""
    given = keras.Input((80, 80, 9))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(20)(given))
    x = keras.layers.Dropout(0.3)(keras.layers.BatchNormalization()(x))
    ends = {"living": (1,), "says": (2, 3), "holds": (2, 128)}
    return keras.Model(
        given,
        {
            name: keras.layers.Reshape(shape, name=name)(keras.layers.Dense(math.prod(shape))(x))
            for name, shape in ends.items()
        },
    )


def test_the_rate_by_hand() -> None:
    # 2e-5 + 1.98e-3 x (1 + cos(pi share)) / 2, and up to step 200 as much of it as was made.
    long, plan = FitPlan(steps=10**9), FitPlan(steps=1000, matching=400)
    assert rate_at(0, long) == 0
    assert rate_at(100, long) == pytest.approx(1e-3, rel=1e-6)
    assert rate_at(200, long) == pytest.approx(2e-3, rel=1e-6)
    assert rate_at(500, plan) == pytest.approx(2e-5 + 0.99e-3)
    assert rate_at(750, plan) == pytest.approx(2e-5 + 0.99e-3 * (1 - math.sqrt(0.5)))
    assert rate_at(1000, plan) == pytest.approx(2e-5)
    # Half of it, from the beginning on, while the teachers are asked.
    assert rate_at(1100, plan) == pytest.approx((2e-5 + 0.99e-3 * (1 + math.sqrt(0.5))) / 4)
    assert rate_at(1200, plan) == pytest.approx((2e-5 + 0.99e-3) / 2)
    assert rate_at(1400, plan) == pytest.approx(1e-5)


@given(step=st.integers(200, 3000), steps=st.integers(1, 3000))
@settings(max_examples=60, deadline=None)
def test_after_the_warm_up_the_rate_only_falls(step, steps) -> None:
    plan = FitPlan(steps=steps)
    if step < steps:
        assert 2e-5 - 1e-12 <= rate_at(step + 1, plan) <= rate_at(step, plan) <= 2e-3


@given(items=st.lists(st.integers()))
@settings(max_examples=30, deadline=None)
def test_what_is_made_ahead_is_the_same(items) -> None:
    assert list(ahead(iter(items))) == items


def test_one_is_made_ahead_and_no_more() -> None:
    made: list[int] = []
    items = (made.append(number) or number for number in range(100))
    following = ahead(items)
    assert [next(following) for _ in range(3)] == [0, 1, 2]
    following.close()
    assert made == [0, 1, 2, 3]


def test_a_fault_of_what_is_made_ahead_is_heard() -> None:
    def failing():
        yield 1
        raise InputError("no more")

    following = ahead(failing())
    assert next(following) == 1
    with pytest.raises(InputError, match="no more"):
        next(following)


def test_batches_are_plain_ones_and_then_matched_ones(made_samples, teachers) -> None:
    samples, plan = made_samples(8, 0), FitPlan(steps=2, matching=2, batch=4)
    whole = list(batches(samples, plan, 0, lambda: teachers))
    assert [step for step, _ in whole] == [1, 2, 3, 4]
    known = [
        bool(np.isclose(wanted["living"], (0.02, 0.98)).any(axis=1).all())
        for _, (_, wanted) in whole
    ]
    assert known == [True, True, False, False]
    later = list(batches(samples, plan, 1, lambda: teachers))
    assert [step for step, _ in later] == [2, 3, 4]
    for (_, (crops, wanted)), (_, (others, asked)) in zip(whole[1:], later, strict=True):
        np.testing.assert_array_equal(crops, others)
        for name, values in wanted.items():
            np.testing.assert_array_equal(values, asked[name])


def test_teachers_are_opened_only_where_they_are_asked(made_samples) -> None:
    def unasked():
        pytest.fail("opened")

    samples = made_samples(8, 0)
    assert len(list(batches(samples, FitPlan(steps=2, batch=4), 0, unasked))) == 2
    assert list(batches(samples, FitPlan(steps=2, matching=2, batch=4), 4, unasked)) == []


def test_logits_become_probabilities() -> None:
    found = softened(np.log(np.array([[[1, 2, 5], [0.5, 0.5, 1]]], np.float32)))
    np.testing.assert_allclose(found, [[[0.125, 0.25, 0.625], [0.25, 0.25, 0.5]]], atol=1e-6)
    np.testing.assert_allclose(softened(np.array([[1000, 0, -1000]], np.float32)), [[1, 0, 0]])


def test_cuts_are_stacked_with_the_first_ones_colours_first() -> None:
    crops = np.zeros((1, 2, 4, 4, 3), np.uint8)
    crops[0, 0, 1, 2] = 51, 102, 153
    crops[0, 1, 1, 2] = 204, 255, 0
    found = stacked(crops)
    assert (found.shape, found.dtype) == ((1, 4, 4, 6), np.float32)
    np.testing.assert_allclose(found[0, 1, 2], [0.2, 0.4, 0.6, 0.8, 1.0, 0.0], atol=1e-6)
    assert found.sum() == pytest.approx(3.0)


def test_what_is_wanted_of_a_batch(made_samples) -> None:
    samples = made_samples(4, 0)
    says = np.log(np.tile(np.array([1, 2, 5], np.float32), (4, 2, 1))).astype(np.float16)
    samples = replace(samples, says=says)
    crops, wanted = batch_of(samples, np.array([2, 1]), np.random.default_rng(0))
    assert (crops.shape, crops.dtype) == ((2, 80, 80, 9), np.float32)
    # Even rows are living; nothing is entirely certain.
    np.testing.assert_allclose(wanted["living"], [[0.98], [0.02]], atol=1e-6)
    np.testing.assert_allclose(wanted["says"][0, 1], [0.125, 0.25, 0.625], atol=1e-3)
    assert wanted["holds"].shape == (2, 2, 128)


def test_a_batch_is_seen_in_another_light_of_its_own(made_samples) -> None:
    samples = made_samples(4, 0)
    rows = np.arange(4)
    seen, _ = batch_of(samples, rows, np.random.default_rng(0))
    plain = stacked(samples.crops)
    whole = (plain > 0.1) & (plain < 0.7)
    ratio = np.where(whole, seen / np.maximum(plain, 0.1), np.nan)
    light = np.nanmean(ratio, axis=(1, 2))
    # One factor for each colour of each sample, the same in all its cuts.
    assert np.nanmax(np.abs(ratio - light[:, None, None])) < 1e-3
    np.testing.assert_allclose(light[:, :3], light[:, 6:], atol=1e-5)
    assert 0.005 < light[:, 0].std() < 0.15
    assert np.ptp(light[0, :3]) > 1e-4
    assert 0 <= seen.min() <= seen.max() <= 1
    again, _ = batch_of(samples, rows, np.random.default_rng(0))
    np.testing.assert_array_equal(seen, again)


@given(
    count=st.integers(1, 30),
    batch=st.integers(1, 12),
    steps=st.integers(1, 9),
    done=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_batches_go_on_where_they_were(count, batch, steps, done) -> None:
    plan = FitPlan(steps=steps, matching=2, batch=batch)
    whole = [chosen.tolist() for chosen in order(count, plan, 0)]
    assert len(whole) == steps + 2
    assert [chosen.tolist() for chosen in order(count, plan, done)] == whole[done:]


def test_every_sample_is_seen_as_often() -> None:
    seen = np.concatenate(list(order(10, FitPlan(steps=3, matching=2, batch=4), 0))).tolist()
    assert sorted(seen) == sorted([*range(10)] * 2)
    assert sorted(seen[:10]) == list(range(10))
    assert seen[:10] != seen[10:]
    assert seen != np.concatenate(list(order(10, FitPlan(5, batch=4, seed=1), 0))).tolist()


def test_a_matched_batch_asks_the_teachers_of_what_the_network_is_shown(
    made_samples, teachers
) -> None:
    samples = made_samples(6, 0)
    crops, wanted = matched_batch(samples, np.arange(6), teachers, np.random.default_rng(0))
    assert (crops.shape, crops.dtype) == ((6, 80, 80, 9), np.float32)
    # The fakes say the mean colour of the second and of the third cut, red, green, blue.
    said = np.stack([crops[..., 3:6], crops[..., 6:]], axis=1).mean((2, 3))
    np.testing.assert_allclose(wanted["says"], softened(said), atol=1e-5)
    assert wanted["holds"].shape == (6, 2, 128)
    assert wanted["living"].shape == (6, 1)
    assert ((wanted["living"] >= 0) & (wanted["living"] <= 1)).all()


def weights(network) -> list[np.ndarray]:
    return [np.array(values) for values in network.get_weights()]


def test_a_stopped_fit_goes_on_to_the_same_network(made_samples, teachers, tmp_path) -> None:
    fitted, checked = made_samples(16, 0), made_samples(4, 1)
    plan = FitPlan(steps=4, matching=2, batch=8, every=3)
    asking = partial(fit, teachers=lambda: teachers, build=plain_network)
    whole = asking(tmp_path / "whole", fitted, checked, plan)
    # Three looks at the clock are within the first minute, the fourth is not.
    ticks = iter([0.0, 1.0, 2.0, 61.0])
    told: list[int] = []
    asking(
        *(tmp_path / "parts", fitted, checked, replace(plan, minutes=1)),
        clock=lambda: next(ticks),
        told=lambda one: told.append(one.step),
    )
    assert told == [3]
    rest = asking(
        *(tmp_path / "parts", fitted, checked, plan), told=lambda one: told.append(one.step)
    )
    assert told == [3, 6]
    for one, other in zip(weights(whole), weights(rest), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(weights(kept(tmp_path / "parts")), weights(rest), strict=True):
        np.testing.assert_array_equal(one, other)
    with (tmp_path / "parts" / HISTORY_FILE).open() as stream:
        assert [int(row["step"]) for row in csv.DictReader(stream)] == [3, 6]
    # It is over: nothing changes any more.
    stamp = (tmp_path / "parts" / NETWORK_FILE).stat().st_mtime_ns
    asking(tmp_path / "parts", fitted, checked, plan)
    assert (tmp_path / "parts" / NETWORK_FILE).stat().st_mtime_ns == stamp


def test_it_learns_a_grid_and_knows_it_on_pictures_it_never_saw(made_samples, tmp_path) -> None:
    unseen = made_samples(40, 99)
    plan = FitPlan(steps=50, batch=16, every=1000, rate=5e-2, warm_up=5)
    fit_tiny = partial(fit, build=tiny_network)
    network = fit_tiny(tmp_path / "true", made_samples(40, 0), unseen, plan)
    said = living_of(network, unseen)
    assert auc(said[unseen.living], said[~unseen.living]) > 0.95
    learnt = said[unseen.living].mean() - said[~unseen.living].mean()
    shuffled = fit_tiny(tmp_path / "shuffled", made_samples(40, 0, shuffled=True), unseen, plan)
    said = living_of(shuffled, unseen)
    guessed = said[unseen.living].mean() - said[~unseen.living].mean()
    assert learnt > 0.5
    assert abs(guessed) < 0.2


def test_without_samples_there_is_nothing_to_do(made_samples, tmp_path) -> None:
    for fitted, checked in ((0, 4), (4, 0)):
        with pytest.raises(InputError, match="give more pictures"):
            fit(tmp_path, made_samples(fitted, 0), made_samples(checked, 0), FitPlan(steps=1))


def test_a_run_without_a_network_or_with_a_damaged_one_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no network yet"):
        kept(tmp_path)
    (tmp_path / NETWORK_FILE).write_bytes(b"no network")
    with pytest.raises(InputError, match=r"network\.keras is damaged"):
        kept(tmp_path)


class Idle:
    """A network that neither learns nor says anything."""

    def __init__(self) -> None:
        self.optimizer = self

    def compile(self, *_args, **_options) -> None: ...

    def train_on_batch(self, given, wanted) -> None:
        assert len(given) == len(wanted["living"])

    def predict_on_batch(self, given) -> dict[str, np.ndarray]:
        return {"says": np.zeros((len(given), 2, 3), np.float32)}


def test_a_folder_that_cannot_be_written_is_a_fault(made_samples, tmp_path) -> None:
    (tmp_path / "run").write_text("a file is in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        fit(
            *(tmp_path / "run", made_samples(4, 0), made_samples(4, 1)),
            FitPlan(steps=1, batch=4),
            build=Idle,
        )


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
