import numpy as np
import pytest

from accessctl.training.losses.pairs import Contrastive, Siamese, Triplet

PERSON = {"person": np.array([0, 0, 1], np.int32)}


def test_by_hand(angles):
    # Same: 60 degrees apart, D = 1, so 1/2. Different: 30 and 90 degrees from the third, at
    # D = 2 sin 15 = 0.5176 and 2 sin 45 = 1.4142; margin 1: (1 - 0.5176)^2 / 2 and 0.
    near = 2 * np.sin(np.radians(15))
    expected = 0.5 + ((1 - near) ** 2 / 2 + 0) / 2
    assert float(Contrastive(1.0)(angles(0, 60, 90), PERSON)) == pytest.approx(expected, abs=1e-6)


def test_nothing_to_learn_beyond_the_margin(angles):
    assert float(Contrastive(1.0)(angles(20, 20, 120), PERSON)) == pytest.approx(0, abs=1e-6)


def test_gradient_by_differences(angles, gradient):
    embeddings = 1.5 * angles(0, 50, 80)
    loss = Contrastive(1.0)
    slopes = gradient(loss, embeddings, PERSON)
    for at in np.ndindex(embeddings.shape):
        step = np.zeros_like(embeddings)
        step[at] = 1e-2
        change = float(loss(embeddings + step, PERSON)) - float(loss(embeddings - step, PERSON))
        assert slopes[at] == pytest.approx(change / 2e-2, abs=2e-3)


def test_gradient_where_two_people_coincide_is_finite(angles, gradient):
    assert np.isfinite(gradient(Contrastive(1.0), angles(10, 10, 10), PERSON)).all()


# Squared distance of unit vectors 60 degrees apart is 1, 90 degrees 2, 180 degrees 4, and of
# those at an angle t in general 2 - 2 cos t.
TWO_BY_TWO = {"person": np.array([0, 0, 1, 1], np.int32)}


def value(loss, embeddings, targets=TWO_BY_TWO):
    return float(loss(embeddings, targets))


def test_far_apart_people_cost_nothing(angles):
    assert value(Triplet("batch-hard"), angles(0, 0, 180, 180)) == 0


def test_everybody_alike_costs_the_margin(angles):
    assert value(Triplet("batch-hard", 0.2), angles(30, 30, 30, 30)) == pytest.approx(0.2)


def test_batch_hard_by_hand(angles):
    # Person 0 at 0 and 60, person 1 at 90 and 150. Anchors 0, 60, 90, 150:
    # positives 1 each; nearest negatives 2 (at 90), 2 - sqrt 3 (at 90), 2 - sqrt 3, 2.
    hard = 1 - (2 - np.sqrt(3)) + 0.2
    assert value(Triplet("batch-hard", 0.2), angles(0, 60, 90, 150)) == pytest.approx(
        (0 + hard + hard + 0) / 4, abs=1e-6
    )


def test_semi_hard_by_hand(angles):
    # As above, but the negatives must be farther than the positive (1): for the anchors at
    # 60 and 90 it is the one at a right angle (2), so nothing is left to learn at 0.2, and
    # 0.5 of every pair at a margin of 1.5.
    embeddings = angles(0, 60, 90, 150)
    assert value(Triplet("semi-hard", 0.2), embeddings) == 0
    assert value(Triplet("semi-hard", 1.5), embeddings) == pytest.approx(0.5, abs=1e-6)


def test_random_takes_the_negative_that_was_drawn(angles):
    noise = np.zeros((4, 4), np.float32)
    noise[[0, 1, 2, 3], [3, 2, 1, 0]] = 0.9
    # Drawn: 150 for 0, 90 for 60, 60 for 90, 0 for 150.
    far, near = 2 - 2 * np.cos(np.radians(150)), 2 - np.sqrt(3)
    costs = [max(0, 1 - d + 3.0) for d in (far, near, near, far)]
    targets = {**TWO_BY_TWO, "noise": noise}
    assert value(Triplet("random", 3.0), angles(0, 60, 90, 150), targets) == pytest.approx(
        np.mean(costs), abs=1e-6
    )


def test_length_does_not_matter(angles):
    embeddings = angles(0, 60, 90, 150)
    scaled = embeddings * np.array([[1], [2], [5], [0.1]], np.float32)
    loss = Triplet("batch-hard", 0.2)
    assert value(loss, scaled) == pytest.approx(value(loss, embeddings), abs=1e-6)


def test_unlabelled_faces_are_no_negatives(angles):
    targets = {"person": np.array([0, 0, -1, -1], np.int32)}
    assert value(Triplet("batch-hard", 0.2), angles(0, 60, 30, 30), targets) == 0


def test_gradient_pulls_the_positive_and_pushes_the_negative(angles, gradient):
    # Anchor at 0, positive at 40, negative at 20: the positive must turn back to the anchor
    # (towards smaller angles, so its second coordinate falls), the negative away.
    targets = {"person": np.array([0, 0, 1], np.int32)}
    slopes = gradient(Triplet("batch-hard", 0.2), angles(0, 40, 20), targets)
    step = angles(0, 40, 20) - 0.01 * slopes
    turned = np.degrees(np.arctan2(step[:, 1], step[:, 0]))
    assert turned[1] < 40
    assert np.isfinite(slopes).all()


def test_gradient_of_equal_embeddings_is_finite(angles, gradient):
    slopes = gradient(Triplet("semi-hard", 0.2), angles(10, 10, 10, 10), TWO_BY_TWO)
    assert np.isfinite(slopes).all()


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
