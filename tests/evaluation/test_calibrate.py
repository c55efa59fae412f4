import numpy as np
import pytest

from accessctl.evaluation.calibrate import Table, TablePlan, calibrate
from accessctl.evaluation.impostors import impostor_scores, pairs_descending
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

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
