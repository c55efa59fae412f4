import numpy as np
import pytest

from accessctl.training.mining.distances import same_person
from accessctl.training.mining.miners import MINERS

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
