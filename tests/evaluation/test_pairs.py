from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
import pytest

from accessctl.domain import PersonId
from accessctl.encoder.card_parts import ScoredPart
from accessctl.errors import SourceError
from accessctl.evaluation.pairs import AllPairs, Scorer, all_pairs, cosine, normalised
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import Template
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser

FACES = random_units(7, 16, seed=1)
COHORT = random_units(60, 16, seed=2)
PARTS = [ScoredPart(numbers=10, weight=1.0), ScoredPart(numbers=6, weight=0.5)]
NORMALISER = Normaliser(COHORT, 12, PARTS)
FOUND = np.array([True, True, False, True, True, True, True])


def unseen(faces: np.ndarray) -> np.ndarray:
    faces = faces.copy()
    faces[~FOUND] = np.nan
    return faces


def test_cosines() -> None:
    scorer = cosine(unseen(FACES), FOUND)
    block = scorer.block(slice(1, 4), slice(0, 7))
    expected = FACES[1:4] @ FACES.T
    expected[1] = -np.inf
    expected[:, 2] = -np.inf
    np.testing.assert_allclose(block, expected, rtol=1e-6)


def test_the_normalised_score_is_the_matchers() -> None:
    scorer = normalised(unseen(FACES), FOUND, NORMALISER)
    matcher = Matcher(
        [Template(PersonId("somebody"), FACES[0], 1.0)],
        NORMALISER,
        Calibration([0, 1], [0, -1], [0, -1]),
    )
    block = scorer.block(slice(0, 7), slice(0, 7))
    for first, second in ((0, 1), (1, 0), (3, 6), (5, 4)):
        expected = matcher.compare(FACES[first], FACES[second]).score
        assert block[first, second] == pytest.approx(expected, rel=1e-4)
    assert np.isneginf(block[2]).all()
    assert np.isneginf(block[:, 2]).all()


@pytest.mark.parametrize("name", ["cosine", "normalised"])
def test_single_pairs_are_those_of_the_block(name: str) -> None:
    faces = unseen(FACES)
    scorer = cosine(faces, FOUND) if name == "cosine" else normalised(faces, FOUND, NORMALISER)
    assert scorer.name == name
    first, second = np.array([0, 3, 2, 6]), np.array([1, 4, 5, 2])
    block = scorer.block(slice(0, 7), slice(0, 7))
    np.testing.assert_allclose(scorer.pairs(first, second), block[first, second], rtol=1e-5)


N = 40


def people(seed: int = 0) -> tuple[Scorer, np.ndarray, np.ndarray]:
    """A scorer, whose each photo is, and who was found."""
    random = np.random.default_rng(seed)
    found = random.random(N) > 0.1
    person = np.sort(random.integers(0, 12, N))
    _, person = np.unique(person, return_inverse=True)
    return cosine(random_units(N, 8, seed), found), person, found


PairsOf = Callable[..., AllPairs]


@pytest.fixture(params=[512, 7], ids=["one block", "several blocks"])
def pairs_of(request: pytest.FixtureRequest) -> PairsOf:
    return partial(all_pairs, at_once=request.param)


def test_every_pair_once(pairs_of: PairsOf) -> None:
    scorer, person, _ = people()
    whole = scorer.block(slice(0, N), slice(0, N))
    pairs = pairs_of(scorer, person)
    genuine, impostor = [], []
    for i, j in combinations(range(N), 2):
        (genuine if person[i] == person[j] else impostor).append((whole[i, j], i, j))
    np.testing.assert_allclose(
        np.sort(pairs.genuine), np.sort([s for s, _, _ in genuine]), atol=1e-6
    )
    assert pairs.impostors == len(impostor)
    finite = sorted((s for s, _, _ in impostor if np.isfinite(s)), reverse=True)
    assert 0 < len(finite) < len(impostor)
    np.testing.assert_allclose(pairs.top, finite, atol=1e-6)
    assert pairs.counts.sum() == len(finite)
    assert pairs.photos.tolist() == np.bincount(person).tolist()


def test_scores_come_with_whose_they_are(pairs_of: PairsOf) -> None:
    scorer, person, _ = people()
    whole = scorer.block(slice(0, N), slice(0, N))
    pairs = pairs_of(scorer, person)
    above = np.array(list(combinations(range(N), 2)))
    scores = whole[above[:, 0], above[:, 1]]
    for score, first, second in zip(pairs.top, pairs.top_first, pairs.top_second, strict=True):
        i, j = above[np.abs(scores - score).argmin()]
        assert {first, second} == {person[i], person[j]}
        assert first != second
    for score, owner in zip(pairs.genuine, pairs.genuine_person, strict=True):
        if np.isfinite(score):
            assert person[above[np.abs(scores - score).argmin()]].tolist() == [owner, owner]


def test_only_the_top_is_kept(pairs_of: PairsOf) -> None:
    scorer, person, _ = people()
    everything = pairs_of(scorer, person)
    some = pairs_of(scorer, person, kept=0.1, kept_pairs=0)
    assert 0.1 <= len(some.top) / some.impostors < 0.15
    np.testing.assert_array_equal(some.top, everything.top[: len(some.top)])
    np.testing.assert_array_equal(some.counts, everything.counts)
    with pytest.raises(ValueError, match="were kept from"):
        some.above(some.floor - 0.01)
    deep = pairs_of(scorer, person, kept=0.1, kept_pairs=0, down_to=-0.2)
    assert deep.floor == -0.2
    assert len(deep.top) == (everything.top >= -0.2).sum()


def test_rates_of_a_threshold(pairs_of: PairsOf) -> None:
    scorer, person, _ = people()
    pairs = pairs_of(scorer, person)
    assert pairs.above(float(pairs.top[5])) == 5
    assert pairs.above(2.0) == 0
    threshold = pairs.threshold(10 / pairs.impostors)
    assert pairs.above(threshold) == 10
    fmr, fnmr = pairs.errors_at(threshold)
    assert fmr == 10 / pairs.impostors
    assert fnmr == 1 - np.mean(pairs.genuine > threshold)
    with pytest.raises(ValueError, match="too few"):
        pairs.threshold(1.0)


def test_the_histogram_counts_each_score_in_its_bin(pairs_of: PairsOf) -> None:
    scorer, person, _ = people()
    pairs: AllPairs = pairs_of(scorer, person)
    expected, _ = np.histogram(pairs.top, pairs.edges)
    # A score that lies on an edge may be rounded to either side.
    assert np.abs(np.cumsum(expected) - np.cumsum(pairs.counts)).max() <= 1


def test_a_photo_of_each_person_is_enough(pairs_of: PairsOf) -> None:
    pairs = pairs_of(cosine(random_units(3, 8, seed=0), np.ones(3, bool)), np.arange(3))
    assert len(pairs.top) == 3
    assert len(pairs.genuine) == 0


@pytest.mark.parametrize(
    ("person", "found"),
    [
        ([0, 0, 1], [True, True, False]),
        ([0, 0, 0], [True, True, True]),
    ],
)
def test_photos_that_tell_nothing(pairs_of: PairsOf, person: list[int], found: list[bool]) -> None:
    with pytest.raises(SourceError, match="several people"):
        pairs_of(cosine(random_units(3, 8, seed=0), np.array(found)), np.array(person))
