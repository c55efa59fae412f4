import datetime
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import PolicyConfig
from accessctl.encoder.base import FAKE_CARD
from accessctl.encoder.card_parts import CalibrationTable, ScoredPart
from accessctl.errors import ModelError
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import (
    Calibration,
    attempt_rate,
    badge_notice,
    beyond_calibration,
    comparison_fmr,
    most_people,
    rate_doubt,
    scoring_of,
    search_fpir,
)
from accessctl.recognition.normalisation import Normaliser, save_cohort


def test_two_people_by_hand() -> None:
    # (1 - 0.1)^2 = 0.81
    assert comparison_fmr(0.19, 2) == pytest.approx(0.1, rel=1e-12)
    assert search_fpir(0.1, 2) == pytest.approx(0.19, rel=1e-12)


def test_one_person_and_none() -> None:
    assert comparison_fmr(0.001, 1) == pytest.approx(0.001, rel=1e-12)
    assert comparison_fmr(0.001, 0) == comparison_fmr(0.001, 1)
    assert search_fpir(0.5, 0) == 0


def test_tiny_rates_keep_their_digits() -> None:
    assert comparison_fmr(1e-9, 10_000) == pytest.approx(1e-13, rel=1e-8)


@given(st.floats(1e-6, 0.1), st.integers(1, 100_000))
def test_there_and_back(fpir: float, people: int) -> None:
    fmr = comparison_fmr(fpir, people)
    assert search_fpir(fmr, people) == pytest.approx(fpir, rel=1e-9)
    assert comparison_fmr(fpir, people + 1) < fmr


@pytest.mark.parametrize(("fpir", "people"), [(0, 5), (1, 5), (-0.1, 5), (0.1, -1)])
def test_no_such_rate(fpir: float, people: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        comparison_fmr(fpir, people)


@pytest.mark.parametrize(("fmr", "people"), [(1, 5), (-0.1, 5), (0.1, -1)])
def test_no_such_comparison(fmr: float, people: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        search_fpir(fmr, people)


def test_so_many_people_and_no_more() -> None:
    # 1 - 0.9^2 = 0.19: at 0.1 a comparison two people are just enough for 0.19, and three too many.
    assert most_people(0.1901, 0.1) == 2
    assert most_people(0.1899, 0.1) == 1
    assert most_people(0.09, 0.1) == 0


@given(st.floats(1e-7, 0.1), st.floats(1e-12, 0.01))
def test_the_most_people_keep_the_rate_and_one_more_would_not(fpir: float, smallest: float) -> None:
    most = most_people(fpir, smallest)
    assert comparison_fmr(fpir, most + 1) < smallest
    assert most == 0 or comparison_fmr(fpir, most) >= smallest


@pytest.mark.parametrize("smallest", [0, 1, -0.1])
def test_no_such_smallest_rate(smallest: float) -> None:
    with pytest.raises(ValueError, match=r"."):
        most_people(0.001, smallest)


SCORE = [0.0, 2.0, 4.0]
RATE = [0.0, -2.0, -4.0]
UPPER = [0.0, -1.0, -3.0]


@pytest.fixture
def table() -> Calibration:
    return Calibration(SCORE, RATE, UPPER)


@pytest.mark.parametrize(
    ("score", "rate", "upper"),
    [(2, 1e-2, 1e-1), (1, 1e-1, 10**-0.5), (3, 1e-3, 1e-2), (4, 1e-4, 1e-3)],
)
def test_rates_between_the_rows(
    table: Calibration, score: float, rate: float, upper: float
) -> None:
    assert table.fmr(score) == pytest.approx(rate)
    assert table.fmr_upper(score) == pytest.approx(upper)


def test_nothing_is_claimed_outside_the_table(table: Calibration) -> None:
    assert table.fmr(99) == table.fmr(4) == pytest.approx(1e-4)
    assert table.fmr_upper(math.inf) == pytest.approx(1e-3)
    assert table.fmr(-99) == 1
    assert table.smallest_fmr == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("rate", "score"), [(1, 0), (0.1, 2), (0.01, 3), (1e-3, 4), (10**-0.5, 1), (0.99e-3, math.inf)]
)
def test_threshold_is_where_the_upper_bound_keeps_the_rate(
    table: Calibration, rate: float, score: float
) -> None:
    assert table.threshold(rate) == pytest.approx(score)


@given(st.floats(-3, 0), st.floats(-3, 0))
def test_threshold_is_monotone_and_kept(one: float, other: float) -> None:
    table = Calibration(SCORE, RATE, UPPER)
    low, high = sorted((10**one, 10**other))
    assert table.threshold(low) >= table.threshold(high)
    assert table.fmr_upper(table.threshold(low)) <= low * (1 + 1e-9)


def test_threshold_on_a_flat_step() -> None:
    table = Calibration([0, 1, 2, 3], [0, -1, -1, -2], [0, -1, -1, -2])
    assert table.threshold(0.1) == pytest.approx(1)
    assert table.threshold(0.099) > 2


@pytest.mark.parametrize("rate", [0, -1, 1.1])
def test_not_a_rate(table: Calibration, rate: float) -> None:
    with pytest.raises(ValueError, match="false-match rate"):
        table.threshold(rate)


@pytest.mark.parametrize(
    ("score", "rate", "upper", "complaint"),
    [
        ([0.0], [0.0], [0.0], "at least 2 rows"),
        ([0.0, 1.0], [0.0, -1.0, -2.0], [0.0, -1.0], "equally long"),
        ([0.0, 0.0], [0.0, -1.0], [0.0, -1.0], "must ascend"),
        ([0.0, 1.0], [-1.0, 0.0], [0.0, 0.0], "higher false-match rate"),
        ([0.0, 1.0], [-1.0, -2.0], [-1.0, -0.5], "higher false-match rate"),
        ([0.0, 1.0], [-1.0, -2.0], [-0.5, -2.5], "must not lie below"),
        ([0.0, 1.0], [0.5, -1.0], [0.5, -1.0], "between -15 and 0"),
        ([0.0, 1.0], [0.0, -16.0], [0.0, -1.0], "between -15 and 0"),
        ([0.0, math.nan], [0.0, -1.0], [0.0, -1.0], "must be finite"),
    ],
)
def test_tables_refused(score: list, rate: list, upper: list, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        Calibration(score, rate, upper)


TABLE = CalibrationTable(
    neighbours=20,
    score=(0.0, 4.0),
    log10_fmr=(0.0, -4.0),
    log10_fmr_upper=(0.0, -2.0),
    made_by="a test",
    date=datetime.date(2000, 1, 1),
)


HALF = FAKE_CARD.dimension // 2
PARTS = (
    ScoredPart(numbers=HALF, weight=1.0),
    ScoredPart(numbers=FAKE_CARD.dimension - HALF, weight=0.5),
)


@pytest.mark.parametrize("parts", [(), PARTS])
def test_cohort_parts_and_calibration_come_from_the_card(
    parts: tuple[ScoredPart, ...], tmp_path: Path
) -> None:
    kept = random_units(30, FAKE_CARD.dimension, seed=3)
    save_cohort(tmp_path / "cohort.npz", kept)
    table = TABLE.model_copy(update={"parts": parts or None})
    update = {"cohort": "cohort.npz", "calibration": table, "folder": tmp_path}
    normaliser, calibration = scoring_of(FAKE_CARD.model_copy(update=update))
    expected = Normaliser(kept, 20, parts)
    faces = random_units(2, kept.shape[1], seed=4)
    scores = [
        float(one.pairs(*(one.sides(face[None]) for face in faces))[0])
        for one in (normaliser, expected)
    ]
    # The cohort is kept rounded to a byte a number.
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
    assert calibration.fmr(2.0) == pytest.approx(1e-2)
    assert calibration.fmr_upper(2.0) == pytest.approx(1e-1)


@pytest.mark.parametrize("given", [{}, {"cohort": "cohort.npz"}, {"calibration": TABLE}])
def test_an_uncalibrated_encoder_is_refused_with_the_way_out(given: dict) -> None:
    card = FAKE_CARD.model_copy(update=given)
    with pytest.raises(ModelError, match=r"models calibrate fake --faces DIR$"):
        scoring_of(card)


def test_a_cohort_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    update = {"cohort": "cohort.npz", "calibration": TABLE, "folder": tmp_path}
    with pytest.raises(ModelError, match="missing or damaged"):
        scoring_of(FAKE_CARD.model_copy(update=update))


def test_a_rate_that_was_never_counted_is_no_rate_to_state() -> None:
    assert rate_doubt(PolicyConfig(attempts=1, target_fpir=1e-3), 1000) is None
    doubt = rate_doubt(PolicyConfig(target_fpir=1e-3, identify_up_to=10_000), 10_000)
    assert doubt is not None
    assert "among 10,000 people asks for 3.3e-08 a comparison" in doubt
    # 10,000 comparisons at 1e-6 each.
    assert doubt.endswith("What can be shown for so many is 0.01 an attempt")


def test_by_a_badge_the_rate_is_target_fmr_however_many_are_enrolled() -> None:
    policy = PolicyConfig(target_fmr=3e-6, identify_up_to=10)
    assert attempt_rate(policy, 11) == attempt_rate(policy, 10**6) == pytest.approx(1e-6)
    assert attempt_rate(policy, 10) == comparison_fmr(policy.attempt_fpir, 10)
    assert rate_doubt(PolicyConfig(target_fmr=3.1e-6, identify_up_to=10), 11) is None
    doubt = rate_doubt(PolicyConfig(target_fmr=1e-6, identify_up_to=10), 11)
    assert doubt is not None
    assert "policy.target_fmr leaves 3.3e-07 for an attempt by badge" in doubt


def test_it_is_said_before_badges_are_required() -> None:
    policy = PolicyConfig(identify_up_to=1000)
    assert badge_notice(policy, 900) is None
    near, beyond = badge_notice(policy, 901), badge_notice(policy, 1001)
    assert near is not None
    assert near.startswith("901 people are enrolled; with more than 1,000")
    assert beyond is not None
    assert beyond.startswith("1,001 people are enrolled, more than policy.identify_up_to (1,000)")
    assert badge_notice(PolicyConfig(identify_up_to=0), 0) is None


def test_a_calibration_may_be_too_short_for_badges_too() -> None:
    calibration = Calibration([0.0, 3.0], [0.0, -3.0], [0.0, -3.0])
    policy = PolicyConfig(target_fmr=1e-4, identify_up_to=0)
    said = beyond_calibration(policy, 5, calibration)
    assert said is not None
    assert said.startswith("Nobody can be let in by a badge: policy.target_fmr (0.0001) over 3")
    assert (
        beyond_calibration(PolicyConfig(target_fmr=4e-3, identify_up_to=0), 5, calibration) is None
    )


RAISED = Calibration([0.0, 4.0], [0.0, -4.0], [0.0, -3.0], pooled=2.0)


def test_rates_of_pooled_photos_by_hand() -> None:
    # Spreads of 0.2 and 0.3: 2 x 0.5 is a factor of ten.
    raised = RAISED.raised(0.2 + 0.3)
    assert raised == pytest.approx(1)
    assert RAISED.fmr(3.0, raised) == pytest.approx(1e-2)
    assert RAISED.fmr_upper(4.0, raised) == pytest.approx(1e-2)
    # The bound of 1e-2 needs a score of 8/3, that of 1e-3 one of 4; 1e-4 is beyond the table.
    assert RAISED.threshold(1e-2) == pytest.approx(8 / 3)
    assert RAISED.threshold(1e-2, raised) == pytest.approx(4)
    assert RAISED.threshold(1e-3, raised) == math.inf
    assert RAISED.fmr(0.5, raised) == RAISED.fmr_upper(0.5, raised) == 1
    assert RAISED.threshold(1.0, raised) == 0
    assert Calibration([0.0, 4.0], [0.0, -4.0], [0.0, -3.0]).raised(1.5) == 0


@given(
    score=st.floats(-1, 5),
    spread=st.floats(0, 2),
    more=st.floats(0, 1),
    fmr=st.floats(1e-6, 0.999),
)
def test_raising_never_lowers_and_threshold_and_rate_agree(
    score: float, spread: float, more: float, fmr: float
) -> None:
    raised = RAISED.raised(spread)
    assert RAISED.fmr(score) <= RAISED.fmr(score, raised) <= 1
    assert RAISED.fmr_upper(score, raised) <= RAISED.fmr_upper(score, RAISED.raised(spread + more))
    assert RAISED.fmr(score, raised) <= RAISED.fmr_upper(score, raised)
    threshold = RAISED.threshold(fmr, raised)
    assert threshold >= RAISED.threshold(fmr)
    if math.isfinite(threshold):
        assert RAISED.fmr_upper(threshold + 1e-9, raised) <= fmr * (1 + 1e-9)
        assert RAISED.fmr_upper(threshold - 1e-3, raised) > fmr
    else:
        assert RAISED.fmr_upper(score, raised) > fmr


@pytest.mark.parametrize("spread", [-0.1, math.nan])
def test_a_spread_is_not_negative(spread: float) -> None:
    with pytest.raises(ValueError, match="not negative"):
        RAISED.raised(spread)


@pytest.mark.parametrize("pooled", [-0.1, math.inf, math.nan])
def test_no_calibration_lowers_a_rate(pooled: float) -> None:
    with pytest.raises(ModelError, match="pooled must be a finite number, at least 0"):
        Calibration([0.0, 4.0], [0.0, -4.0], [0.0, -3.0], pooled)


def test_what_was_counted_with_other_rates_is_of_another_calibration() -> None:
    plain = Calibration([0.0, 4.0], [0.0, -4.0], [0.0, -3.0])
    assert plain.mark == Calibration([0.0, 4.0], [0.0, -4.0], [0.0, -3.0], 0.0).mark
    other = Calibration([0.0, 4.0], [0.0, -4.0], [0.0, -3.0], 2.5)
    assert len({plain.mark, RAISED.mark, other.mark}) == 3


def test_a_score_that_is_no_number_keeps_no_rate_however_it_is_raised() -> None:
    for raised in (0.0, 1.0, 20.0):
        assert math.isnan(RAISED.fmr(math.nan, raised))
        assert not RAISED.fmr_upper(math.nan, raised) <= 1
