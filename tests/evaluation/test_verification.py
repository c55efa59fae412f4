import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from accessctl.evaluation.verification import (
    best_threshold,
    cross_validated_accuracy,
    equal_error_rate,
    error_rates,
    roc_auc,
    tar_at_fmr,
)

INF = np.inf


def drawn(seed: int, shift: float = 1.5, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    genuine, impostor = random.normal(shift, 1, 400), random.normal(0, 1, 700)
    return (genuine.round(1), impostor.round(1)) if ties else (genuine, impostor)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_area_is_scikit_learns(seed: int, ties: bool) -> None:
    genuine, impostor = drawn(seed, ties=ties)
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
    genuine, impostor = drawn(seed, ties=ties)
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


@given(st.integers(0, 50), st.sampled_from([0.5, 0.1, 0.01, 0.003]))
def test_tar_is_the_best_point_of_scikit_learns_curve(seed: int, fmr: float) -> None:
    genuine, impostor = drawn(seed, ties=True)
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
