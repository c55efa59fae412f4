import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.evaluation.all_pairs import AllPairs, all_pairs
from accessctl.evaluation.bootstrap import (
    impostor_weight,
    interval,
    rates_at,
    samples,
    tar,
    tar_with_intervals,
)
from accessctl.evaluation.intervals import clopper_pearson
from accessctl.evaluation.scorer import cosine
from accessctl.evaluation.verification import tar_at_fmr
from accessctl.gallery.fake import random_units

N = 60
RATES = np.array([0.3, 0.1, 0.01])


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings, whose they are and who was found; photos of a person are alike."""
    random = np.random.default_rng(seed)
    person = np.arange(N) // 3
    faces = random_units(N // 3, 8, seed)[person] + 0.3 * random.normal(size=(N, 8))
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    return faces.astype(np.float32), person, random.random(N) > 0.05


def pairs_of(seed: int = 0) -> AllPairs:
    faces, person, found = drawn(seed)
    return all_pairs(cosine(faces, found), person)


def test_people_are_drawn_with_repetition() -> None:
    found = samples(50, 400, np.random.default_rng(0))
    assert found.shape == (400, 50)
    assert (found.sum(axis=1) == 50).all()
    # The share of people who are not drawn is (1 - 1/50)^50.
    assert np.mean(found == 0) == pytest.approx(0.98**50, abs=0.01)


@given(st.integers(0, 40))
def test_with_equal_weights_it_is_the_plain_rate(seed: int) -> None:
    faces, person, found = drawn(seed)
    pairs = pairs_of(seed)
    whole = cosine(faces, found).block(slice(0, N), slice(0, N))
    above = np.triu(np.ones((N, N), bool), 1)
    same = person[:, None] == person
    expected = [tar_at_fmr(whole[above & same], whole[above & ~same], rate) for rate in RATES]
    assert tar(pairs, RATES, np.ones(N // 3)).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("missing", [0, 4])
def test_where_every_impostor_may_pass_it_is_what_could_be_compared(missing: int) -> None:
    faces, person, _ = drawn()
    found = np.arange(N) >= missing
    pairs = all_pairs(cosine(faces, found), person)
    whole = cosine(faces, found).block(slice(0, N), slice(0, N))
    above = np.triu(np.ones((N, N), bool), 1)
    genuine = whole[above & (person[:, None] == person)]
    value = tar(pairs, np.array([1.0]), np.ones(N // 3))[0]
    assert value == pytest.approx(np.mean(genuine > -np.inf))


@given(st.integers(0, 20))
def test_a_weight_is_that_many_copies_of_a_person(seed: int) -> None:
    """Against a set in which people really are there twice, with a name for each copy."""
    faces, person, found = drawn(seed)
    random = np.random.default_rng(seed)
    weights = random.integers(0, 3, N // 3)
    rows = [
        (row, (owner, copy))
        for owner in range(N // 3)
        for copy in range(weights[owner])
        for row in np.flatnonzero(person == owner)
    ]
    whole = cosine(faces, found).block(slice(0, N), slice(0, N))
    genuine, impostor = [], []
    for i, (one, (owner, copy)) in enumerate(rows):
        for two, (other, again) in rows[i + 1 :]:
            if owner != other:
                impostor.append(whole[one, two])
            elif copy == again:
                genuine.append(whole[one, two])
    pairs = pairs_of(seed)
    assert impostor_weight(pairs.photos, weights.astype(float)) == len(impostor)
    expected = [tar_at_fmr(np.array(genuine), np.array(impostor), rate) for rate in RATES]
    assert tar(pairs, RATES, weights.astype(float)).tolist() == pytest.approx(expected)


def test_intervals_hold_their_value_and_widen_in_the_tail() -> None:
    found = tar_with_intervals(pairs_of(), RATES, np.random.default_rng(0), 200)
    for one in found:
        assert 0 <= one.low <= one.value <= one.high <= 1
    assert found[0].high - found[0].low < found[2].high - found[2].low
    again = tar_with_intervals(pairs_of(), RATES, np.random.default_rng(0), 200)
    assert again == found


def test_rates_at_a_threshold_by_hand() -> None:
    pairs = pairs_of()
    fmr, fnmr = rates_at(pairs, float(pairs.top[17]), np.random.default_rng(0), 200)
    assert fmr.value == 17 / pairs.impostors
    assert fmr.low < fmr.value < fmr.high
    assert fnmr.value == np.mean(~(pairs.genuine > pairs.top[17]))
    assert fnmr.low < fnmr.value < fnmr.high


def test_no_false_match_is_not_no_risk() -> None:
    pairs = pairs_of()
    fmr, _ = rates_at(pairs, 1.5, np.random.default_rng(0), 20)
    assert (fmr.value, fmr.low) == (0, 0)
    assert fmr.high == clopper_pearson(0, pairs.impostors)[1] > 0


def test_an_interval_leaves_out_a_fortieth_at_each_end() -> None:
    one = interval(0.5, np.r_[np.arange(1001) / 1000, np.nan])
    assert (one.low, one.high) == pytest.approx((0.025, 0.975))
    nothing = interval(0.5, np.array([np.nan]))
    assert np.isnan(nothing.low)
    assert np.isnan(nothing.high)
