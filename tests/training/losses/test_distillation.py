import numpy as np
import pytest

from accessctl.training.losses.distillation import Cosine, Pairwise, Regression, Relational


def test_mean_squared_error_by_hand(gradient):
    embeddings = np.array([[1.0, 2.0], [0.0, -1.0]], np.float32)
    targets = {"teacher": np.array([[0.0, 2.0], [2.0, -1.0]], np.float32)}
    assert float(Regression()(embeddings, targets)) == pytest.approx((1 + 0 + 4 + 0) / 4)
    np.testing.assert_allclose(
        gradient(Regression(), embeddings, targets), [[0.5, 0], [-1.0, 0]], atol=1e-6
    )


def test_by_hand(angles):
    targets = {"teacher": 3 * angles(60, 0)}
    assert float(Cosine()(2 * angles(0, 0), targets)) == pytest.approx((0.5 + 0) / 2, abs=1e-6)


def test_gradient_turns_and_does_not_stretch(angles, gradient):
    slope = gradient(Cosine(), angles(0), {"teacher": angles(90)})[0]
    np.testing.assert_allclose(slope, [0, -1], atol=1e-6)


# On a line: distances 1, 3 and 2, mean 2 (teacher), and 2, 2, 4, mean 8/3 (embeddings).
TEACHER = np.array([[0.0], [1.0], [3.0]], np.float32)
EMBEDDINGS = np.array([[0.0, 0], [2.0, 0], [-2.0, 0]], np.float32)


def test_relative_distances_by_hand():
    theirs = np.array([1, 3, 2]) / 2
    ours = np.array([2, 2, 4]) / (8 / 3)
    expected = (np.square(ours - theirs) / 2).mean()
    assert float(Relational()(EMBEDDINGS, {"teacher": TEACHER})) == pytest.approx(expected)


def test_large_gaps_count_linearly():
    teacher = np.array([[0.0], [0.001], [0.002], [100.0]], np.float32)
    embeddings = np.array([[0.0], [100.0], [0.001], [0.002]], np.float32)
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]

    def relative(points):
        distances = np.array([abs(points[i, 0] - points[j, 0]) for i, j in pairs], np.float64)
        return distances / distances.mean()

    gaps = np.abs(relative(embeddings) - relative(teacher))
    assert gaps.max() > 1
    expected = np.where(gaps <= 1, gaps**2 / 2, gaps - 0.5).mean()
    assert float(Relational()(embeddings, {"teacher": teacher})) == pytest.approx(
        expected, rel=1e-4
    )


def test_scale_and_dimension_of_the_teacher_do_not_matter():
    wide = np.pad(7 * EMBEDDINGS, ((0, 0), (0, 3)))
    assert float(Relational()(EMBEDDINGS, {"teacher": wide})) == pytest.approx(0, abs=1e-9)


def test_coinciding_faces_have_a_finite_gradient(gradient):
    same = np.ones((3, 2), np.float32)
    assert np.isfinite(gradient(Relational(), same, {"teacher": TEACHER})).all()


def test_pairs_of_cosines_by_hand(angles):
    # Cosines 0.5, 0, and cos 30 against 1, 1 and 1.
    targets = {"teacher": angles(10, 10, 10)}
    expected = np.mean([0.5**2, 1, (1 - np.sqrt(3) / 2) ** 2])
    assert float(Pairwise()(angles(0, 60, 90), targets)) == pytest.approx(expected, rel=1e-5)
