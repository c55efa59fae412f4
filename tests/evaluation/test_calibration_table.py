import math

import numpy as np
import pytest

from accessctl.evaluation.calibration_table import (
    Table,
    TablePlan,
    Tail,
    calibrate,
    censored_scale,
    fit_tail,
    impostor_scores,
    pairs_descending,
    score_at_rate,
    twins,
)
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser


def test_censored_scale_by_hand() -> None:
    # Below the limit of 2: 0.5 and 1; beyond it 3 and 9 count 2 each: 5.5 over 2 seen.
    assert censored_scale(np.array([0.5, 1.0, 3.0, 9.0]), 2.0) == pytest.approx(2.75)


def test_how_far_beyond_the_limit_is_of_no_matter() -> None:
    near = censored_scale(np.array([0.5, 1.0, 2.1]), 2.0)
    assert censored_scale(np.array([0.5, 1.0, 999.0]), 2.0) == near


def test_a_weight_of_two_is_the_value_twice() -> None:
    once = censored_scale(np.array([0.5, 0.5, 1.0]), 2.0)
    assert censored_scale(np.array([0.5, 1.0]), 2.0, np.array([2.0, 1.0])) == pytest.approx(once)


def test_nothing_below_the_limit() -> None:
    with pytest.raises(ValueError, match="no excess"):
        censored_scale(np.array([3.0]), 2.0)


def test_score_at_rate_by_hand() -> None:
    descending = np.arange(10, 0, -1.0)
    assert score_at_rate(descending, 0.1) == 10
    assert score_at_rate(descending, 0.3) == 8
    assert score_at_rate(descending, 0.31) == 7
    assert score_at_rate(descending, 1.0) == 1
    assert score_at_rate(descending, 0.01) == 10


def test_rates_along_the_tail_by_hand() -> None:
    tail = Tail(start=4.0, rate=1e-4, scale=0.5)
    assert tail.log10_rate(4.0) == pytest.approx(-4)
    assert tail.log10_rate(4.0 + 0.5 * math.log(10)) == pytest.approx(-5)
    assert tail.score_at(1e-5) == pytest.approx(4.0 + 0.5 * math.log(10))


def test_an_exponential_tail_is_found_again() -> None:
    random = np.random.default_rng(0)
    descending = np.sort(random.exponential(0.7, 1_000_000))[::-1]
    tail = fit_tail(descending, 1e-2, 1e-4)
    assert tail.rate == pytest.approx(1e-2, rel=1e-3)
    assert tail.start == pytest.approx(0.7 * math.log(100), rel=0.02)
    # 9,900 values fix the scale to 1 %.
    assert tail.scale == pytest.approx(0.7, rel=0.04)


def test_a_few_intruders_far_out_do_not_stretch_the_tail() -> None:
    random = np.random.default_rng(0)
    clean = random.exponential(0.7, 1_000_000)
    foul = np.concatenate([clean[:-30], np.full(30, 50.0)])
    scales = [fit_tail(np.sort(scores)[::-1], 1e-2, 1e-4).scale for scores in (clean, foul)]
    assert scales[1] == pytest.approx(scales[0], rel=0.02)


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


PLAN = TablePlan(start=1e-2, limit=1e-3, lowest=1e-5, replicates=60)
EVERY_300 = np.arange(300)


def symmetric(people: int, seed: int, spread: float = 0.0) -> np.ndarray:
    """Exponential scores; with `spread`, some people score higher than others throughout."""
    random = np.random.default_rng(seed)
    scores = np.triu(random.exponential(0.5, (people, people)), 1)
    own = spread * random.normal(size=people)
    scores += np.triu(own[:, None] + own[None, :], 1)
    scores = (scores + scores.T).astype(np.float32)
    np.fill_diagonal(scores, -np.inf)
    return scores


@pytest.fixture(scope="module")
def table() -> Table:
    return calibrate(symmetric(300, 1), EVERY_300, np.random.default_rng(2), PLAN)


def test_the_table_is_one_that_the_product_accepts(table: Table) -> None:
    calibration = Calibration(table.score, table.log10_fmr, table.log10_fmr_upper)
    assert calibration.fmr(-1e9) == 1
    assert table.log10_fmr[-1] == pytest.approx(-5, abs=1e-3)
    assert calibration.threshold(1e-2) >= table.score[0]


def test_counted_and_fitted_rates_follow_the_law(table: Table) -> None:
    # exp(-x / 0.5): 10 % at 1.151, 1e-3 at 3.454, 1e-5 at 5.756.
    for score, log10_rate, within in ((1.151, -1, 0.02), (3.454, -3, 0.1), (5.756, -5, 0.2)):
        assert np.interp(score, table.score, table.log10_fmr) == pytest.approx(
            log10_rate, abs=within
        )


def test_rates_are_counted_exactly() -> None:
    scores = symmetric(300, 3)
    table = calibrate(scores, EVERY_300, np.random.default_rng(0), PLAN)
    pairs = pairs_descending(scores)
    for score, log10_rate in list(zip(table.score, table.log10_fmr, strict=True))[:15]:
        assert 10**log10_rate == pytest.approx((pairs >= np.float32(score)).mean(), rel=1e-6)


def test_people_who_differ_widen_the_bound() -> None:
    def gap(spread: float) -> float:
        table = calibrate(symmetric(300, 1, spread), EVERY_300, np.random.default_rng(2), PLAN)
        row = int(np.argmin(np.abs(table.log10_fmr + 1.5)))
        return float(table.log10_fmr_upper[row] - table.log10_fmr[row])

    assert gap(0.0) > 0
    # The same number of pairs, but they hang together by people.
    assert gap(0.5) > 3 * gap(0.0)


def test_more_faces_of_the_same_people_do_not_narrow_the_bound() -> None:
    scores = symmetric(150, 1, 0.5)
    twice = scores.repeat(2, axis=0).repeat(2, axis=1)
    plan = TablePlan(start=1e-2, limit=2e-3, lowest=1e-3, replicates=60)
    single = calibrate(scores, np.arange(150), np.random.default_rng(2), plan)
    double = calibrate(twice, np.arange(150).repeat(2), np.random.default_rng(2), plan)
    np.testing.assert_allclose(double.score, single.score, atol=1e-5)
    np.testing.assert_allclose(double.log10_fmr_upper, single.log10_fmr_upper, atol=1e-3)


def test_the_bound_covers_the_truth_in_most_draws() -> None:
    # The true rate at 2.3026 is 1 %. 95 of 100 bounds should lie above it: of 40 draws 38,
    # and fewer than 34 with a chance of 1 in 70.
    plan = TablePlan(start=1e-1, limit=3e-3, lowest=3e-3, replicates=40)
    covered = 0
    for seed in range(40):
        table = calibrate(symmetric(90, seed), np.arange(90), np.random.default_rng(seed), plan)
        covered += bool(np.interp(2.3026, table.score, table.log10_fmr_upper) >= -2)
    assert covered >= 34


def test_people_unknown_to_the_cohort_meet_the_stated_rate() -> None:
    others = Normaliser(random_units(600, 24, seed=1), 40)
    every = np.arange(400)
    scores = impostor_scores(random_units(400, 24, seed=2), every, others)
    table = calibrate(scores, every, np.random.default_rng(3), PLAN)
    calibration = Calibration(table.score, table.log10_fmr, table.log10_fmr_upper)
    fresh = pairs_descending(impostor_scores(random_units(400, 24, seed=4), every, others))
    for rate in (1e-1, 1e-2, 1e-3):
        observed = (fresh >= calibration.threshold(rate)).mean()
        assert rate / 2 < observed < rate * 2


def test_too_few_people() -> None:
    with pytest.raises(ValueError, match="too few"):
        calibrate(symmetric(100, 1), np.arange(100), np.random.default_rng(0), TablePlan())
