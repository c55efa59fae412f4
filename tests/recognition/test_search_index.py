"""The two best of many: the same as if all were scored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.encoder.card_parts import ScoredPart
from accessctl.gallery.fake import random_units
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.search_index import BLOCK, SearchIndex

PARTS = (ScoredPart(numbers=8, weight=1.0), ScoredPart(numbers=24, weight=2.0))


def normaliser() -> Normaliser:
    return Normaliser(random_units(200, 32, seed=3), 20, PARTS)


def mixed(people: int, seed: int) -> np.ndarray:
    """Unit rows, of which every third lies near the first: rivals of each other."""
    rows = random_units(people, 32, seed=seed)
    rows[::3] = rows[0] + 0.1 * rows[::3]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("large", [1, 10**9])
@pytest.mark.parametrize("people", [2, 3, BLOCK, BLOCK + 1, 2000])
def test_whoever_leads_and_by_how_much_is_as_if_all_were_scored(people: int, large: int) -> None:
    scoring = normaliser()
    sides = scoring.sides(mixed(people, seed=people))
    index = SearchIndex(scoring, sides, large)
    for number in range(min(people, 40)):
        probe = scoring.sides(mixed(people, seed=people)[number : number + 1])
        scores = scoring.scores(sides, probe)[:, 0]
        found = index.leaders(probe)
        assert found.row == np.argmax(scores)
        assert found.score == pytest.approx(scores.max(), abs=1e-4)
        assert found.second == pytest.approx(np.sort(scores)[-2], abs=1e-4)


@pytest.mark.parametrize("large", [1, 10**9])
def test_one_person_has_nobody_behind(large: int) -> None:
    scoring = normaliser()
    alone = scoring.sides(random_units(1, 32, seed=5))
    found = SearchIndex(scoring, alone, large).leaders(alone)
    assert (found.row, found.second) == (0, -np.inf)


@pytest.mark.parametrize("large", [1, 10**9])
def test_of_twins_the_first_leads_and_the_second_is_as_good(large: int) -> None:
    scoring = normaliser()
    rows = random_units(50, 32, seed=6)
    rows[41] = rows[7]
    found = SearchIndex(scoring, scoring.sides(rows), large).leaders(scoring.sides(rows[7:8]))
    assert found.row in (7, 41)
    assert found.second == pytest.approx(found.score, abs=1e-4)


@pytest.mark.parametrize("large", [1, 10**9])
def test_what_is_not_a_number_leads_nobody(large: int) -> None:
    scoring = normaliser()
    sides = scoring.sides(random_units(30, 32, seed=6))
    probe = scoring.sides(np.full((1, 32), np.nan, np.float32))
    found = SearchIndex(scoring, sides, large).leaders(probe)
    assert np.isnan(found.score)
    assert np.isnan(found.score - found.second)


@given(st.integers(0, 2**31), st.integers(2, 60))
@settings(max_examples=40, deadline=None)
def test_reading_one_byte_a_number_first_changes_no_answer(seed: int, people: int) -> None:
    scoring = normaliser()
    sides = scoring.sides(mixed(people, seed))
    probe = scoring.sides(random_units(1, 32, seed=seed + 1))
    exact, compact = (SearchIndex(scoring, sides, n).leaders(probe) for n in (10**9, 1))
    assert compact.score == pytest.approx(exact.score, abs=1e-4)
    assert compact.second == pytest.approx(exact.second, abs=1e-4)
