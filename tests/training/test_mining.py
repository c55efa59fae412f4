import numpy as np
import pytest

from accessctl.training.mining import (
    MINERS,
    collapsed,
    mean_where,
    root,
    same_person,
    spread,
    squared_distances,
    unit,
)


@pytest.fixture
def gradient_of_root():
    import tensorflow as tf

    def of(values):
        variable = tf.Variable(np.array(values, np.float32))
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(root(variable))
        return tape.gradient(total, variable).numpy()

    return of


def test_squared_distances_by_hand():
    found = np.array(squared_distances(np.array([[0.0, 0], [3, 4], [0, 1]], np.float32)))
    np.testing.assert_allclose(found, [[0, 25, 1], [25, 0, 18], [1, 18, 0]], atol=1e-4)


def test_unit_rows_and_a_row_without_direction():
    found = np.array(unit(np.array([[3.0, 4], [0, 0]], np.float32)))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0]], atol=1e-6)


def test_root_has_a_gradient_at_zero(gradient_of_root):
    np.testing.assert_allclose(gradient_of_root([0.0, 4.0]), [0.0, 0.25])
    np.testing.assert_allclose(np.array(root(np.array([0.0, 4.0], np.float32))), [0, 2])


def test_who_is_the_same_person():
    same, different = (np.array(m) for m in same_person(np.array([5, -1, 5, 2], np.int32)))
    assert np.argwhere(same).tolist() == [[0, 2], [2, 0]]
    assert np.argwhere(different).tolist() == [[0, 3], [2, 3], [3, 0], [3, 2]]


def test_mean_of_nothing_is_nothing():
    values = np.array([1.0, 2.0, 6.0], np.float32)
    assert float(mean_where(values, np.array([True, False, True]))) == 3.5
    assert float(mean_where(values, np.zeros(3, bool))) == 0


PERSON = np.array([0, 0, 0, 1, 1], np.int32)
DISTANCES = np.array(
    [
        [0.0, 1.0, 4.0, 0.5, 2.0],
        [1.0, 0.0, 2.0, 3.0, 5.0],
        [4.0, 2.0, 0.0, 1.0, 2.5],
        [0.5, 3.0, 1.0, 0.0, 6.0],
        [2.0, 5.0, 2.5, 6.0, 0.0],
    ],
    np.float32,
)


def mined(name, person=PERSON, distances=DISTANCES, noise=None):
    """{(anchor, positive): distance of the negative}"""
    negative, pairs = MINERS[name](distances, *same_person(person), noise)
    return {(int(a), int(p)): float(np.array(negative)[a, p]) for a, p in np.argwhere(pairs)}


def test_batch_hard_by_hand():
    assert mined("batch-hard") == {
        (0, 2): 0.5,
        (1, 2): 3.0,
        (2, 0): 1.0,
        (3, 4): 0.5,
        (4, 3): 2.0,
    }


def test_semi_hard_by_hand():
    # (0, 2): no stranger beyond 4, so the farthest, 2; (2, 0) likewise 2.5, (3, 4) 3, (4, 3) 5.
    assert mined("semi-hard") == {
        (0, 1): 2.0,
        (0, 2): 2.0,
        (1, 0): 3.0,
        (1, 2): 3.0,
        (2, 0): 2.5,
        (2, 1): 2.5,
        (3, 4): 3.0,
        (4, 3): 5.0,
    }


def test_random_takes_the_largest_noise_among_strangers():
    noise = np.full((5, 5), 0.99, np.float32)
    noise[:3, 3:] = [[0.1, 0.2], [0.4, 0.3], [0.0, 0.7]]
    noise[3:, :3] = [[0.0, 0.6, 0.5], [0.9, 0.1, 0.2]]
    assert mined("random", noise=noise) == {
        (0, 1): 2.0,
        (0, 2): 2.0,
        (1, 0): 3.0,
        (1, 2): 3.0,
        (2, 0): 2.5,
        (2, 1): 2.5,
        (3, 4): 3.0,
        (4, 3): 2.0,
    }


@pytest.mark.parametrize("name", MINERS)
def test_without_strangers_there_is_nothing_to_learn(name):
    noise = np.zeros((5, 5), np.float32)
    assert mined(name, person=np.zeros(5, np.int32), noise=noise) == {}


@pytest.mark.parametrize("name", MINERS)
def test_against_a_plain_search(name):
    draw = np.random.default_rng(4)
    person = draw.integers(-1, 4, 12).astype(np.int32)
    points = draw.standard_normal((12, 3))
    distances = np.square(points[:, None] - points[None]).sum(-1).astype(np.float32)
    noise = draw.random((12, 12)).astype(np.float32)
    expected = {}
    for a in range(12):
        strangers = [n for n in range(12) if person[n] >= 0 and person[n] != person[a]]
        own = [p for p in range(12) if p != a and person[p] == person[a]]
        if person[a] < 0 or not strangers or not own:
            continue
        if name == "batch-hard":
            own = [max(own, key=lambda p: distances[a, p])]
        for p in own:
            farther = [n for n in strangers if distances[a, n] > distances[a, p]]
            choice = {
                "random": max(strangers, key=lambda n: noise[a, n]),
                "batch-hard": min(strangers, key=lambda n: distances[a, n]),
                "semi-hard": min(farther, key=lambda n: distances[a, n])
                if farther
                else max(strangers, key=lambda n: distances[a, n]),
            }[name]
            expected[a, p] = pytest.approx(float(distances[a, choice]))
    assert mined(name, person, distances, noise) == expected


def test_spread_by_hand():
    # Mean of (1, 0) and (0, 1) has length sqrt(1/2).
    found = float(spread(np.array([[2.0, 0], [0, 5]], np.float32)))
    assert found == pytest.approx(np.sqrt(0.5), abs=1e-6)


def test_opposite_faces_spread_fully():
    assert float(spread(np.array([[1.0, 0], [-1, 0]], np.float32))) == pytest.approx(1)


def test_a_constant_is_a_collapse():
    assert collapsed(float(spread(np.full((8, 4), 0.3, np.float32))))


def test_the_imported_encoder_is_no_collapse():
    # Its unit embeddings share a mean of length 1.34 / 1.43.
    assert not collapsed(np.sqrt(1 - (1.34 / 1.43) ** 2))
