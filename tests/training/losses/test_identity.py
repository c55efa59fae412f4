import numpy as np
import pytest

from accessctl.training.losses.identity import TINY, AdaFace, ArcFace, CosFace, IdentityLoss


def test_margin_is_taken_off():
    cosines = np.array([0.9, 0.0, -0.5], np.float32)
    found = np.array(CosFace(0.25)(cosines, None))
    np.testing.assert_allclose(found, [0.65, -0.25, -0.75], atol=1e-7)


def test_margin_is_added_to_the_angle():
    cosines = np.cos(np.radians([10, 60, 120])).astype(np.float32)
    found = np.array(ArcFace(np.radians(20))(cosines, None))
    np.testing.assert_allclose(found, np.cos(np.radians([30, 80, 140])), atol=1e-6)


def test_it_never_rewards_a_wider_angle():
    cosines = np.cos(np.linspace(0.01, np.pi - 0.01, 200)).astype(np.float32)
    found = np.array(ArcFace(0.5)(cosines, None))
    # At the seam, cos t - m sin m may lie a little above cos(t + m), by 1 - cos m at most.
    assert (np.diff(found) < 1 - np.cos(0.5)).all()
    assert (found < cosines).all()
    assert found[-1] < found[0]


COSINE = np.float32(np.cos(np.radians(60)))


def margin(lengths, m=0.4):
    return np.array(AdaFace(m, h=1.0)(np.full(len(lengths), COSINE), np.array(lengths, "f")))


def test_an_average_face_gets_the_plain_additive_margin():
    assert margin([2.0, 1.0, 3.0])[0] == pytest.approx(0.5 - 0.4, abs=1e-6)


def test_good_and_poor_faces_by_hand():
    # Lengths 1 and 3: mean 2, deviation 1, so z = -1 and +1 (up to TINY in the divisor).
    z = 1 / (1 + TINY)
    poor, good = margin([1.0, 3.0])
    angle = np.radians(60)
    assert poor == pytest.approx(np.cos(angle + 0.4 * z) - (0.4 - 0.4 * z), abs=1e-5)
    assert good == pytest.approx(np.cos(angle - 0.4 * z) - (0.4 + 0.4 * z), abs=1e-5)


def test_lengths_are_averaged_over_batches():
    layer = AdaFace()
    cosines = np.full(2, COSINE)
    layer(cosines, np.array([1.0, 3.0], "f"))
    assert float(layer.mean) == pytest.approx(2.0)
    layer(cosines, np.array([4.0, 4.0], "f"))
    assert float(layer.mean) == pytest.approx(0.99 * 2 + 0.01 * 4)
    assert float(layer.deviation) == pytest.approx(0.99 * 1)


# Keras 3.15 hands its variables to numpy in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PERSON = np.array([4, 4, 7, 9, -1], np.int32)
ONE_FAMILY = np.zeros(5, np.int32)


def made(directions, family=ONE_FAMILY, margin=0.0, scale=4.0, **options):
    loss = IdentityLoss(CosFace(margin), PERSON, family, 2, scale=scale, **options)
    loss.people.assign(np.array(directions, np.float32))
    return loss


def targets(person, family):
    return {"person": np.array(person, np.int32), "family": np.array(family, np.int32)}


def test_softmax_over_cosines_by_hand():
    # Centres of 4, 7 and 9 at 0, 90 and 180 degrees; a face of person 7 at 0 degrees.
    loss = made([[1, 0], [0, 2], [-1, 0]])
    cosines = np.array([1.0, 0.0, -1.0])
    expected = np.log(np.exp(4 * cosines).sum()) - 4 * cosines[1]
    found = float(loss(np.array([[3.0, 0]], np.float32), targets([7], [0])))
    assert found == pytest.approx(expected, rel=1e-4)


def test_margin_makes_only_the_true_person_harder():
    loss = made([[1, 0], [0, 2], [-1, 0]], margin=0.25)
    logits = 4 * np.array([1.0, 0.0 - 0.25, -1.0])
    expected = np.log(np.exp(logits).sum()) - logits[1]
    found = float(loss(np.array([[3.0, 0]], np.float32), targets([7], [0])))
    assert found == pytest.approx(expected, rel=1e-4)


def test_people_of_another_family_are_no_rivals():
    family = np.array([0, 0, 1, 0, 1], np.int32)
    loss = made([[1, 0], [1, 0], [-1, 0]], family=family)
    # 4 competes with 9 only, although 7 looks the same.
    logits = 4 * np.array([1.0, -1.0])
    expected = np.log(np.exp(logits).sum()) - logits[0]
    found = float(loss(np.array([[1.0, 0]], np.float32), targets([4], [0])))
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_nearest_of_several_centres_counts():
    directions = [[1, 0], [-1, 0], [0, 1], [0, -1], [0, -1], [0, -1]]
    loss = made(directions, centres=2)
    # The face lies on the second centre of person 4.
    logits = 4 * np.array([1.0, 0.0, 0.0])
    expected = np.log(np.exp(logits).sum()) - logits[0]
    found = float(loss(np.array([[-1.0, 0]], np.float32), targets([4], [0])))
    assert found == pytest.approx(expected, rel=1e-3)


def test_unlabelled_faces_are_left_out():
    loss = made([[1, 0], [0, 2], [-1, 0]])
    one = float(loss(np.array([[3.0, 0]], np.float32), targets([7], [0])))
    both = np.array([[3.0, 0], [0.3, 0.4]], np.float32)
    assert float(loss(both, targets([7, -1], [0, 0]))) == pytest.approx(one)
    assert float(loss(both[1:], targets([-1], [0]))) == 0


def test_gradient_turns_a_face_to_its_person(gradient):
    loss = made([[1, 0], [0, 2], [-1, 0]])
    slope = gradient(loss, [[3.0, 0.0]], targets([7], [0]))[0]
    assert slope[1] < 0
    assert slope[0] == pytest.approx(0, abs=1e-6)


def test_imprinted_centres_point_where_the_photos_do():
    loss = made([[1, 0], [0, 2], [-1, 0]])
    # Person 9 has unit embeddings (1, 0) and (0, 1), person 4 one at (0, -1), 7 none.
    rows = np.array([[2, 0], [0, 5], [0, -3]], np.float32)
    loss.imprint(rows, np.array([9, 9, 4], np.int32))
    length = 0.01 * 2**0.5
    expected = np.array([[0, -length], [0, 2], [0.01, 0.01]])
    np.testing.assert_allclose(np.array(loss.people), expected, atol=1e-7)


def test_several_centres_share_the_photos():
    loss = made(np.ones((6, 2)), centres=2)
    rows = np.array([[1, 0], [0, 1], [1, 0], [0, -1]], np.float32)
    loss.imprint(rows, np.array([4, 4, 4, 7], np.int32))
    directions = np.array(loss.people)[:4] / (0.01 * 2**0.5)
    # Of 4 the first and third photo make one centre; the only photo of 7 makes both of his.
    np.testing.assert_allclose(directions, [[1, 0], [0, 1], [0, -1], [0, -1]], atol=1e-6)
