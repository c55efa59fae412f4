import numpy as np
import pytest

from accessctl.domain import PersonId
from accessctl.encoder.card_parts import ScoredPart
from accessctl.evaluation.scorer import cosine, normalised
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
