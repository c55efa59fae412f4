import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.cohort import MAX_COHORT_BYTES, MIN_FACES, choose, without_twins
from accessctl.evaluation.pack import PackRow
from accessctl.gallery.fake import random_units
from accessctl.recognition.normalisation import Normaliser


def rows(people: int, others: int) -> list[PackRow]:
    named = [PackRow(f"{i}.webp", "s", f"p{i}", 1.0) for i in range(people)]
    return named + [PackRow(f"u{i}.webp", "s", "", 1.0) for i in range(others)]


def test_all_faces_without_a_name_are_taken_when_there_is_room() -> None:
    assert choose(rows(2000, 1600), 128, np.random.default_rng(0)) == list(range(2000, 3600))


def test_a_cohort_stays_small() -> None:
    chosen = choose(rows(100, 9000), 512, np.random.default_rng(0))
    assert len(set(chosen)) == len(chosen) == MAX_COHORT_BYTES // 512
    assert min(chosen) >= 100
    assert choose(rows(100, 9000), 512, np.random.default_rng(0)) == chosen


def test_too_few_faces() -> None:
    with pytest.raises(SourceError, match="without an identity; these are 999: name a larger"):
        choose(rows(4000, MIN_FACES - 1), 128, np.random.default_rng(0))


def strangers(seed: int) -> Normaliser:
    return Normaliser(random_units(400, 24, seed), 30)


def test_the_second_photo_of_a_person_goes() -> None:
    people, others = random_units(400, 24, seed=1), strangers(seed=2)
    again = people[[5, 50, 200]] + 0.02 * random_units(3, 24, seed=3)
    again /= np.linalg.norm(again, axis=1, keepdims=True)
    faces = np.concatenate([people, again])
    kept = without_twins(faces, np.arange(403), others)
    assert np.flatnonzero(~kept).tolist() == [400, 401, 402]


def test_all_faces_of_the_second_name_go() -> None:
    people, others = random_units(400, 24, seed=1), strangers(seed=2)
    again = people[[7, 7]] + 0.02 * random_units(2, 24, seed=3)
    again /= np.linalg.norm(again, axis=1, keepdims=True)
    identity = np.array([*range(400), 400, 400])
    kept = without_twins(np.concatenate([people, again]), identity, others)
    assert np.flatnonzero(~kept).tolist() == [400, 401]


def test_strangers_stay() -> None:
    people, others = random_units(400, 24, seed=5), strangers(seed=6)
    assert without_twins(people, np.arange(400), others).all()
