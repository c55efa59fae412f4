import numpy as np
import pytest

from accessctl.evaluation.probes import Probes
from accessctl.evaluation.robustness import RobustnessRules, loss, pair_scores
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser

NORMALISER = Normaliser(random_units(100, 8, seed=9), 10)
# A score of 2 is a rate of 0.01 with its bound, 4 one of 1e-4, 20 one of 1e-12.
CALIBRATION = Calibration([0, 20], [0, -12], [0, -10])
RULES = RobustnessRules(target_fmr=0.01, target_fpir=0.05, min_margin=0.0, gallery=4, draws=5)
PEOPLE = random_units(6, 8, seed=1)


def probes(rows: np.ndarray, lost: tuple[int, ...] = (), refused: tuple[int, ...] = ()) -> Probes:
    index = np.arange(len(rows))
    found = ~np.isin(index, lost)
    embeddings = np.where(found[:, None], rows, np.float32(np.nan))
    return Probes(embeddings, np.where(found, 1.0, np.nan), found, found & ~np.isin(index, refused))


def test_scores_are_those_of_the_gallery_and_nothing_without_a_face() -> None:
    one, other = probes(PEOPLE[:2]), probes(PEOPLE[2:5], lost=(1,))
    scores = pair_scores(one, other, NORMALISER)
    matcher = Matcher([], NORMALISER, CALIBRATION)
    assert scores[1, 2] == pytest.approx(matcher.compare(PEOPLE[1], PEOPLE[4]).score, rel=1e-4)
    assert np.isneginf(scores).tolist() == [[False, True, False]] * 2


def test_the_same_pictures_are_recognised_but_for_those_lost_on_the_way() -> None:
    coming = probes(PEOPLE, lost=(1,), refused=(4,))
    found = loss("dim", probes(PEOPLE), coming, NORMALISER, CALIBRATION, RULES, seed=0)
    assert found.condition == "dim"
    assert (found.faceless.events, found.faceless.trials) == (1, 6)
    assert (found.refused.events, found.refused.trials) == (1, 6)
    # Equal pictures score far above any threshold.
    assert (found.tar.events, found.tar.trials) == (4, 6)
    assert found.tar_unjudged.events == 5
    # 6 enrolled with 4 usable probes each, less the 4 of the same person.
    assert found.stranger_pairs == 6 * 4 - 4
    # Four of the six are enrolled in each of five galleries; those two are missed whenever they
    # are among them, and everybody is named rightly otherwise.
    assert found.fnir.trials == 20
    assert found.misidentified.events == 0
    assert 5 <= found.fnir.events <= 10
    # Whoever is left out comes as a stranger: two to each of the five galleries.
    assert found.fpir.trials == 10


def test_galleries_are_the_same_for_every_condition() -> None:
    coming = probes(PEOPLE, lost=(1,))
    one, other = (
        loss(name, probes(PEOPLE), coming, NORMALISER, CALIBRATION, RULES, seed=3)
        for name in ("one", "other")
    )
    assert (one.fnir, one.fpir) == (other.fnir, other.fpir)


def test_false_matches_are_counted_among_strangers_only() -> None:
    # The first two people look alike in the pictures that come: both are as the first.
    coming = probes(PEOPLE[[0, 0, 2, 3, 4, 5]])
    found = loss("alike", probes(PEOPLE), coming, NORMALISER, CALIBRATION, RULES, seed=0)
    scores = pair_scores(probes(PEOPLE), coming, NORMALISER)
    above = scores >= CALIBRATION.threshold(RULES.target_fmr)
    assert above[0, 1]
    assert found.false_matches == above.sum() - np.diag(above).sum()
    assert found.tar.events == np.diag(above).sum()


def test_where_nobody_is_found_nobody_is_recognised() -> None:
    coming = Probes(
        np.empty((6, 0), np.float32), np.full(6, np.nan), np.zeros(6, bool), np.zeros(6, bool)
    ).wide(8)
    found = loss("night", probes(PEOPLE), coming, NORMALISER, CALIBRATION, RULES, seed=0)
    assert (found.tar.value, found.fnir.value, found.fpir.value) == (0, 1, 0)
    assert (found.faceless.value, found.stranger_pairs) == (1, 0)
