import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.cohort import MAX_COHORT_BYTES, MIN_FACES, choose, without_twins
from accessctl.evaluation.pack import Row
from accessctl.gallery.fake import random_units


def rows(people: int, others: int) -> list[Row]:
    named = [Row(f"{i}.webp", "s", f"p{i}", 1.0) for i in range(people)]
    return named + [Row(f"u{i}.webp", "s", "", 1.0) for i in range(others)]


def test_everybody_is_taken_when_there_is_room() -> None:
    people, others = choose(rows(2000, 1600), 128, np.random.default_rng(0))
    assert people == list(range(2000))
    assert others == list(range(2000, 3600))


def test_a_cohort_stays_small() -> None:
    people, others = choose(rows(3000, 9000), 512, np.random.default_rng(0))
    most = MAX_COHORT_BYTES // 512
    assert len(people) == most // 2
    assert len(people) + len(others) == most
    assert len(set(people)) == len(people)
    again = choose(rows(3000, 9000), 512, np.random.default_rng(0))
    assert again == (people, others)


@pytest.mark.parametrize(("people", "others"), [(MIN_FACES - 1, 4000), (4000, MIN_FACES - 1)])
def test_too_few_faces(people: int, others: int) -> None:
    with pytest.raises(SourceError, match="name a larger set"):
        choose(rows(people, others), 128, np.random.default_rng(0))


def test_the_second_photo_of_a_person_goes() -> None:
    people, others = random_units(400, 24, seed=1), random_units(400, 24, seed=2)
    noise = 0.02 * random_units(3, 24, seed=3)
    again = people[[5, 50, 200]] + noise
    again /= np.linalg.norm(again, axis=1, keepdims=True)
    kept = without_twins(np.concatenate([people, again]), others, 30)
    np.testing.assert_array_equal(kept, people)


def test_strangers_stay() -> None:
    people, others = random_units(400, 24, seed=5), random_units(400, 24, seed=6)
    np.testing.assert_array_equal(without_twins(people, others, 30), people)
