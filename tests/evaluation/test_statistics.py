import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom
from sklearn.metrics import roc_auc_score, roc_curve

from accessctl.evaluation.pairs import AllPairs, all_pairs, cosine
from accessctl.evaluation.statistics import (
    best_threshold,
    clopper_pearson,
    count,
    cross_validated_accuracy,
    equal_error_rate,
    error_rates,
    impostor_weight,
    interval,
    rate_over_people,
    rates_at,
    roc_auc,
    samples,
    tar,
    tar_at_fmr,
    tar_with_intervals,
)
from accessctl.gallery.fake import random_units


def test_no_event_at_all() -> None:
    # The upper bound p solves (1 - p)^200 = 0.025.
    low, high = clopper_pearson(0, 200)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 200), rel=1e-9)


def test_one_in_two() -> None:
    # P(X >= 1) = 1 - (1 - p)^2 = 0.025 and P(X <= 1) = 1 - p^2 = 0.025.
    low, high = clopper_pearson(1, 2)
    assert low == pytest.approx(1 - 0.975**0.5, rel=1e-9)
    assert high == pytest.approx(0.975**0.5, rel=1e-9)


def test_every_time() -> None:
    assert clopper_pearson(3, 3) == (pytest.approx(0.025 ** (1 / 3), rel=1e-9), 1.0)


@given(data=st.data(), trials=st.integers(1, 20_000))
def test_the_exact_interval_is_scipys(data: st.DataObject, trials: int) -> None:
    events = data.draw(st.integers(0, min(trials, 60)) | st.integers(0, trials))
    half = 0.025
    low = beta.ppf(half, events, trials - events + 1) if events else 0.0
    high = beta.ppf(1 - half, events + 1, trials - events) if events < trials else 1.0
    assert clopper_pearson(events, trials) == pytest.approx((low, high), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(("events", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts(events: int, trials: int) -> None:
    with pytest.raises(ValueError, match="events in"):
        clopper_pearson(events, trials)


def test_impossible_confidence() -> None:
    with pytest.raises(ValueError, match="confidence"):
        clopper_pearson(1, 5, 1.0)


def test_one_of_two() -> None:
    found = count(np.array([True, False]))
    # P(X >= 1) = 1 - (1 - p)^2 = 0.025 and P(X <= 1) = 1 - p^2 = 0.025.
    assert (found.events, found.trials, found.value) == (1, 2, 0.5)
    assert found.low == pytest.approx(1 - 0.975**0.5)
    assert found.high == pytest.approx(0.975**0.5)


def test_no_trial_has_no_share() -> None:
    with pytest.raises(ValueError, match="0 events in 0 trials"):
        count(np.zeros(0, bool))


def test_people_are_what_is_resampled() -> None:
    # Whoever fails does so every time: 1000 trials are worth no more than the 50 people.
    person = np.arange(50).repeat(20)
    found = rate_over_people(person < 10, person, np.random.default_rng(0))
    assert (found.events, found.trials, found.people, found.value) == (200, 1000, 50, 0.2)
    low, high = (float(binom.ppf(q, 50, 0.2)) / 50 for q in (0.025, 0.975))
    assert found.low == pytest.approx(low, abs=0.021)
    assert found.high == pytest.approx(high, abs=0.021)


def test_people_with_more_trials_weigh_more() -> None:
    # One person of three trials, all events, and one of a single one: samples of two people
    # have a share of 0, 3/4 or 1.
    person = np.array([0, 0, 0, 1])
    event = np.array([True, True, True, False])
    found = rate_over_people(event, person, np.random.default_rng(0))
    assert (found.value, found.low, found.high) == (0.75, 0, 1)


@pytest.mark.parametrize("happens", [False, True])
def test_where_nothing_varies_the_people_are_the_trials(happens: bool) -> None:
    person = np.arange(4).repeat(100)
    found = rate_over_people(np.full(400, happens), person, np.random.default_rng(0))
    bound = 0.025**0.25
    expected = (bound, 1.0) if happens else (0.0, 1 - bound)
    assert (found.low, found.high) == pytest.approx(expected)


def test_no_trial() -> None:
    with pytest.raises(ValueError, match="no trial"):
        rate_over_people(np.zeros(0, bool), np.zeros(0, int), np.random.default_rng(0))


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


@settings(deadline=None)
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


@settings(deadline=None)
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


INF = np.inf


def drawn_scores(
    seed: int, shift: float = 1.5, ties: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    genuine, impostor = random.normal(shift, 1, 400), random.normal(0, 1, 700)
    return (genuine.round(1), impostor.round(1)) if ties else (genuine, impostor)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_area_is_scikit_learns(seed: int, ties: bool) -> None:
    genuine, impostor = drawn_scores(seed, ties=ties)
    labels = np.r_[np.ones(len(genuine)), np.zeros(len(impostor))]
    expected = roc_auc_score(labels, np.r_[genuine, impostor])
    assert roc_auc(genuine, impostor) == pytest.approx(expected, abs=1e-12)


def test_the_area_with_a_face_that_was_not_found() -> None:
    # Of the 6 comparisons: 3 > 1, 3 > -inf, -inf < 1 and the tie of the two failures: half.
    genuine, impostor = np.array([3, -INF]), np.array([1.0, -INF])
    assert roc_auc(genuine, impostor) == pytest.approx((1 + 1 + 0 + 0.5) / 4)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_equal_error_rate_lies_on_scikit_learns_curve(seed: int, ties: bool) -> None:
    genuine, impostor = drawn_scores(seed, ties=ties)
    labels = np.r_[np.ones(len(genuine)), np.zeros(len(impostor))]
    fpr, tpr, _ = roc_curve(labels, np.r_[genuine, impostor], drop_intermediate=False)
    eer = equal_error_rate(genuine, impostor)
    # The curve between its points is straight: at FMR = eer it must read FNMR = eer.
    grid = np.linspace(0, 1, 200_001)
    gap = np.abs(grid - (1 - np.interp(grid, fpr, tpr)))
    assert eer == pytest.approx(grid[gap.argmin()], abs=2e-5)


def test_the_equal_error_rate_by_hand() -> None:
    # A threshold of 3 lets 1 of 4 impostors (4) through and misses 1 of 4 genuine ones (2).
    assert equal_error_rate(np.array([2.0, 5, 6, 7]), np.array([0.0, 1, 3, 4])) == 0.25
    assert equal_error_rate(np.array([2.0, 3]), np.array([0.0, 1])) == 0
    assert equal_error_rate(np.array([0.0, 1]), np.array([2.0, 3])) == 1


def test_tar_by_hand() -> None:
    impostor = np.arange(10.0)
    genuine = np.array([5, 7.5, 8, 9, 9.5, -INF])
    # None of ten may pass: above 9; one may: above 8; two may: above 7.
    assert tar_at_fmr(genuine, impostor, 0.05) == pytest.approx(1 / 6)
    assert tar_at_fmr(genuine, impostor, 0.1) == pytest.approx(2 / 6)
    assert tar_at_fmr(genuine, impostor, 0.2) == pytest.approx(4 / 6)
    assert tar_at_fmr(genuine, impostor, 1.0) == pytest.approx(5 / 6)


def test_where_every_impostor_may_pass_whatever_could_be_compared_is_accepted() -> None:
    genuine = np.array([0.1, 0.2, -INF])
    assert tar_at_fmr(genuine, np.array([0.8, 0.9]), 1.0) == pytest.approx(2 / 3)
    assert tar_at_fmr(genuine, np.array([0.8, 0.9]), 0.5) == 0


def test_tar_of_few_scores_by_hand() -> None:
    genuine, impostor = np.array([0.9, 0.5, 0.2]), np.array([0.1, 0.2, 0.3, 0.4])
    assert tar_at_fmr(genuine, impostor, 0.25) == pytest.approx(2 / 3)
    assert tar_at_fmr(genuine, impostor, 0.5) == pytest.approx(2 / 3)
    assert tar_at_fmr(genuine, impostor, 0.75) == pytest.approx(1)
    assert tar_at_fmr(genuine, impostor, 0.0) == pytest.approx(2 / 3)
    assert tar_at_fmr(np.array([0.4]), impostor, 0.0) == 0


@settings(deadline=None)
@given(st.integers(0, 50), st.sampled_from([0.5, 0.1, 0.01, 0.003]))
def test_tar_is_the_best_point_of_scikit_learns_curve(seed: int, fmr: float) -> None:
    genuine, impostor = drawn_scores(seed, ties=True)
    labels = np.r_[np.ones(len(genuine)), np.zeros(len(impostor))]
    fpr, tpr, _ = roc_curve(labels, np.r_[genuine, impostor], drop_intermediate=False)
    assert tar_at_fmr(genuine, impostor, fmr) == pytest.approx(tpr[fpr <= fmr + 1e-9].max())


def test_rates_of_thresholds() -> None:
    fmr, fnmr = error_rates(
        np.array([1.0, 2, -INF]), np.array([0.0, 1, 1, 3]), np.array([-INF, 0.5, 1, 3])
    )
    assert fmr.tolist() == [1, 0.75, 0.25, 0]
    assert fnmr.tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1])


def right(scores: np.ndarray, same: np.ndarray, threshold: float) -> float:
    return float(np.mean((scores > threshold) == same))


@settings(deadline=None)
@given(st.integers(0, 200))
def test_no_threshold_does_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    same = random.random(30) < 0.5
    scores = (random.normal(0, 1, 30) + same).round(1)
    scores[random.random(30) < 0.1] = -INF
    found = right(scores, same, best_threshold(scores, same))
    finite = scores[np.isfinite(scores)]
    others = [*(finite - 0.05), *(finite + 0.05)]
    assert found == max(right(scores, same, threshold) for threshold in others)


def test_a_threshold_in_the_middle() -> None:
    assert best_threshold(np.array([1.0, 2, 4, 5]), np.array([False, False, True, True])) == 3
    # What could not be compared is on neither side of it.
    assert np.isfinite(best_threshold(np.array([-INF, 4.0, 5]), np.array([False, True, True])))
    # Nobody should match: the threshold is where nobody does.
    assert best_threshold(np.array([1.0, 2]), np.array([False, False])) == 2


def test_accuracy_over_folds_by_hand() -> None:
    same = np.tile([True, False], 6)
    fold = np.repeat([0, 1, 2], 4)
    scores = np.where(same, 2.0, 0.0)
    scores[0] = -1  # a genuine pair of fold 0 that no threshold of the others will match
    scores[5] = 3  # an impostor pair of fold 1 that always will
    found = cross_validated_accuracy(scores, same, fold)
    accuracies = np.array([3 / 4, 3 / 4, 1])
    assert found.mean == pytest.approx(accuracies.mean())
    assert found.standard_error == pytest.approx(accuracies.std(ddof=1) / np.sqrt(3))


def test_a_fold_has_no_say_in_its_own_threshold() -> None:
    same = np.array([True, False] * 4)
    fold = np.repeat([0, 1], 4)
    # In fold 0 pairs part at 10, in fold 1 at 0: each is judged by the other's.
    scores = np.array([11.0, 9, 11, 9, 1, -1, 1, -1])
    assert cross_validated_accuracy(scores, same, fold).mean == 0.5
