import numpy as np
import pytest

from accessctl.evaluation.gallery_draw import GalleryDraw
from accessctl.evaluation.identification import GalleryOutcome, Searches, decide, joined, search_all
from accessctl.evaluation.probes import Probes
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import pool

NORMALISER = Normaliser(random_units(60, 8, seed=9), 10)
CALIBRATION = Calibration([-50, 0, 50], [0, -1, -9], [0, -0.5, -8])
ROWS = random_units(12, 8, seed=1)


def probes(usable: list[int] | None = None, rows: np.ndarray = ROWS) -> Probes:
    """`usable` are the rows that are; the others show no face."""
    kept = np.isin(np.arange(len(rows)), range(len(rows)) if usable is None else usable)
    embeddings = np.where(kept[:, None], rows, np.float32(np.nan))
    return Probes(embeddings, np.linspace(0.1, 1, len(rows)), kept, kept)


def draw(enrolled: list[int], mates: list[list[int]], strangers: list[list[int]]) -> GalleryDraw:
    places = np.arange(len(mates))
    return GalleryDraw(np.array(enrolled), np.array(mates), places, np.array(strangers))


def test_a_search_is_that_of_the_gallery() -> None:
    outcome = search_all(draw([0, 1, 2], [[4], [5]], [[7]]), probes(), NORMALISER, CALIBRATION)
    matcher = Matcher([], NORMALISER, CALIBRATION)
    expected = [matcher.compare(ROWS[enrolled], ROWS[7]).score for enrolled in (0, 1, 2)]
    strangers = outcome.strangers
    assert outcome.people == 3
    assert strangers.score[0] == pytest.approx(max(expected), rel=1e-4)
    assert strangers.margin[0] == pytest.approx(max(expected) - sorted(expected)[1], rel=1e-3)
    assert strangers.upper[0] == pytest.approx(CALIBRATION.fmr_upper(max(expected)), rel=1e-3)
    assert strangers.cosine[0] == pytest.approx(max(ROWS[:3] @ ROWS[7]), rel=1e-4)
    assert not strangers.right[0]
    assert not strangers.cosine_right[0]
    assert outcome.mates.photo.tolist() == [4, 5]


def test_right_is_who_it_is_and_not_where_they_stand() -> None:
    # Two photos of a person are the same picture here; the probes come in another order.
    rows = np.concatenate([ROWS[:3], ROWS[:3]])
    swapped = GalleryDraw(
        np.array([2, 0, 1]), np.array([[4], [3]]), np.array([2, 1]), np.array([[5]])
    )
    outcome = search_all(swapped, probes(rows=rows), NORMALISER, CALIBRATION)
    assert outcome.mates.right.tolist() == [True, True]
    assert outcome.mates.cosine_right.tolist() == [True, True]
    swapped = GalleryDraw(swapped.enrolled, swapped.mates, np.array([1, 2]), swapped.strangers)
    outcome = search_all(swapped, probes(rows=rows), NORMALISER, CALIBRATION)
    assert outcome.mates.right.tolist() == [False, False]


def test_who_was_not_enrolled_is_missed_and_shifts_nobody() -> None:
    rows = np.concatenate([ROWS[:3], ROWS[:3]])
    usable = [1, 2, 3, 4, 5]
    everybody = draw([0, 1, 2], [[3], [4], [5]], [[3]])
    outcome = search_all(everybody, probes(usable, rows), NORMALISER, CALIBRATION)
    assert outcome.people == 2
    assert outcome.mates.right.tolist() == [False, True, True]
    assert outcome.mates.cosine_right.tolist() == [False, True, True]


def test_a_probe_without_a_face_is_missed_and_no_stranger_without_one_is_let_in() -> None:
    outcome = search_all(
        draw([0, 1], [[4], [5]], [[6]]), probes([0, 1, 5]), NORMALISER, CALIBRATION
    )
    assert np.isneginf(outcome.mates.score[0])
    assert np.isfinite(outcome.mates.score[1])
    missed, wrong, accepted = decide(outcome, 0.99, 0.0)
    assert (missed[0], wrong[0], accepted[0]) == (True, False, False)


def test_an_empty_gallery_names_nobody() -> None:
    outcome = search_all(draw([0], [[4]], [[6]]), probes([4, 6]), NORMALISER, CALIBRATION)
    missed, wrong, accepted = decide(outcome, 0.99, 0.0)
    assert (outcome.people, missed.all(), wrong.any(), accepted.any()) == (0, True, False, False)


def test_photos_of_a_probe_are_pooled_by_quality_without_the_faceless() -> None:
    faces = probes([0, 1, 4, 6])
    outcome = search_all(draw([0, 1], [[4, 5, 6]], [[6, 4, 5]]), faces, NORMALISER, CALIBRATION)
    pooled = pool(ROWS[[4, 6]], faces.quality[[4, 6]])
    matcher = Matcher([], NORMALISER, CALIBRATION)
    expected = max(matcher.compare(ROWS[enrolled], pooled).score for enrolled in (0, 1))
    assert outcome.mates.score[0] == pytest.approx(expected, rel=1e-4)
    assert outcome.strangers.score[0] == pytest.approx(expected, rel=1e-4)


def searches(upper: list[float], margin: list[float], right: list[bool]) -> Searches:
    count = len(upper)
    score, wrong = np.zeros(count), np.zeros(count, bool)
    photo = np.arange(count)
    return Searches(photo, score, np.array(margin), np.array(upper), np.array(right), score, wrong)


def test_the_decision_is_the_products() -> None:
    # 1 - (1 - 0.19) ** (1 / 2) = 0.1 is what each of two comparisons may have.
    mates = searches([0.0999, 0.1001, 0.01, 0.01], [0.5, 9, 0.49, 2], [True, True, True, False])
    strangers = searches([0.05, 0.05, 0.2], [0.6, 0.4, 0.6], [False] * 3)
    missed, wrong, accepted = decide(GalleryOutcome(2, mates, strangers), 0.19, 0.5)
    assert missed.tolist() == [False, True, True, False]
    assert wrong.tolist() == [False, False, False, True]
    assert accepted.tolist() == [True, False, False]


def test_several_galleries_as_one() -> None:
    one, other = searches([0.1], [1], [True]), searches([0.2, 0.3], [2, 3], [False, True])
    both = joined([one, other])
    assert both.upper.tolist() == [0.1, 0.2, 0.3]
    assert both.right.tolist() == [True, False, True]
    assert both.photo.tolist() == [0, 0, 1]
