import numpy as np
import pytest

from accessctl.training.losses.siamese import Siamese

PERSON = {"person": np.array([0, 0, 1], np.int32)}


def made(weights, bias, decay=0.0):
    loss = Siamese(2, decay)
    loss.weight.assign(np.array(weights, np.float32))
    loss.offset.assign(np.float32(bias))
    return loss


def test_similarity_by_hand():
    # Unit vectors (1, 0) and (0, 1), scaled to sqrt 2, differ by sqrt 2 in both coordinates.
    loss = made([-1.0, -0.5], 2.0)
    found = loss.similarity(
        np.array([[3, 0], [1, 0]], np.float32), np.array([[0, 2], [5, 0]], np.float32)
    )
    expected = 1 / (1 + np.exp(-np.array([2 - 1.5 * np.sqrt(2), 2])))
    np.testing.assert_allclose(np.array(found), expected, rtol=1e-5)


def test_loss_by_hand():
    # Pair of one person: equal, p = sigmoid(2). Pairs of two people: both p = s as above.
    loss = made([-1.0, -0.5], 2.0)
    embeddings = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    same, other = 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-(2 - 1.5 * np.sqrt(2))))
    expected = (-np.log(same) - np.log(1 - other)) / 2
    assert float(loss(embeddings, PERSON)) == pytest.approx(expected, rel=1e-5)


def test_decay_counts_the_squares_of_the_weights():
    embeddings = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    without = float(made([-1.0, -0.5], 2.0)(embeddings, PERSON))
    with_decay = float(made([-1.0, -0.5], 2.0, decay=0.1)(embeddings, PERSON))
    assert with_decay - without == pytest.approx(0.1 * 1.25, rel=1e-4)


def test_untrained_it_already_leans_the_right_way():
    loss = Siamese(64)
    draw = np.random.default_rng(0)
    a, b = draw.standard_normal((2, 50, 64)).astype(np.float32)
    assert np.array(loss.similarity(a, a)).min() > 0.95
    assert np.array(loss.similarity(a, b)).max() < 0.1


def test_hopeless_pairs_stay_finite(gradient):
    loss = made([500.0, 500.0], 0.0)
    embeddings = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert np.isfinite(float(loss(embeddings, PERSON)))
    assert np.isfinite(gradient(loss, embeddings, PERSON)).all()
