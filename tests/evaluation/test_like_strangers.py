import numpy as np
import pytest

from accessctl.evaluation.calibration_table import Table
from accessctl.evaluation.like_strangers import (
    ANYBODY,
    MOST_OF_ANY,
    LikeExcess,
    like_excess,
    raised,
)
from accessctl.gallery.fake import random_units
from accessctl.recognition.normalisation import Normaliser

STRANGERS = Normaliser(random_units(400, 32, seed=1), 20)


def alike(people: int, seed: int, by: float) -> np.ndarray:
    rows = random_units(people, 32, seed=seed) + by * random_units(1, 32, seed=seed + 100)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def share(faces: np.ndarray, score: float) -> float:
    sides = STRANGERS.sides(faces)
    scores = STRANGERS.scores(sides, sides)[np.triu_indices(len(faces), 1)]
    return float((scores >= score).mean())


def found(groups: dict[str, np.ndarray], score: float = 1.0) -> LikeExcess:
    excess = like_excess(groups, STRANGERS, score, np.random.default_rng(0), 100)
    assert excess is not None
    return excess


def test_the_mean_of_the_groups_is_counted_pair_by_pair() -> None:
    groups = {"plain": alike(120, 2, 0.0), "more": alike(110, 3, 0.2)}
    excess = found(groups)
    for name, faces in groups.items():
        assert excess.groups[name] == pytest.approx(share(faces, 1.0) / ANYBODY)
    mean = sum(excess.groups.values()) / 2
    assert excess.value == pytest.approx(max(mean, max(excess.groups.values()) / MOST_OF_ANY))
    assert excess.upper > excess.value


def test_the_worst_group_is_kept_within_twice_the_rate() -> None:
    groups = {f"plain {n}": alike(110, n, 0.0) for n in range(4)} | {"twins": alike(110, 9, 1.0)}
    excess = found(groups)
    assert excess.value == pytest.approx(excess.groups["twins"] / MOST_OF_ANY)


def test_small_groups_tell_nothing() -> None:
    assert (
        like_excess({"few": alike(50, 2, 0)}, STRANGERS, 1.0, np.random.default_rng(0), 9) is None
    )


def test_a_table_is_raised_and_its_bounds_add_in_squares() -> None:
    table = Table(
        np.array([0.0, 1.0, 2.0]), np.array([0.0, -2.0, -4.0]), np.array([0.0, -1.97, -3.6])
    )
    excess = LikeExcess({}, 10**0.3, 10**0.6)
    like = raised(table, excess)
    np.testing.assert_allclose(like.log10_fmr, [0, -1.7, -3.7])
    # 0.3 with 0.03 is 0.3015, 0.3 with 0.4 is 0.5.
    np.testing.assert_allclose(like.log10_fmr_upper, [0, -1.3985, -3.2], atol=1e-4)
    assert (like.log10_fmr_upper >= like.log10_fmr).all()
