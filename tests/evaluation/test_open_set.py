import numpy as np
import pytest

from accessctl.evaluation.embedded import Probes
from accessctl.evaluation.identification import GalleryOutcome, Searches
from accessctl.evaluation.open_set import (
    DrawPlan,
    Tried,
    cosine_threshold,
    det_curve,
    fnir_at,
    fpir_of_threshold,
    row,
    threshold_for,
    try_pooling,
    try_sizes,
)
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

MATES = np.array([9.0, 7.0, 5.0, 3.0, 1.0])
RIGHT = np.array([True, True, True, False, True])
STRANGERS = np.array([8.0, 6.0, 4.0, 2.0])


@pytest.mark.parametrize(
    ("fpir", "fnir"),
    [
        # No stranger may pass: the threshold is 8, and only the 9 is above it.
        (0.0, 0.8),
        (0.24, 0.8),
        # One may: above 6 are 9 and 7. Two: above 4 are 9, 7, 5. Three: above 2 also 3, wrong.
        (0.25, 0.6),
        (0.5, 0.4),
        (0.75, 0.4),
        # Everybody may: even then one is named as somebody else.
        (1.0, 0.2),
    ],
)
def test_misses_where_so_many_strangers_pass(fpir: float, fnir: float) -> None:
    assert fnir_at(MATES, RIGHT, STRANGERS, fpir) == pytest.approx(fnir)


def test_a_probe_without_a_face_is_missed_whatever_the_threshold() -> None:
    assert fnir_at(np.array([-np.inf]), np.array([True]), STRANGERS, 1.0) == 1


def test_the_curve_falls_and_ends_at_the_ends() -> None:
    rates, misses = det_curve(MATES, RIGHT, STRANGERS, points=30)
    assert rates[0] == pytest.approx(0.25)
    assert rates[-1] == pytest.approx(1)
    assert misses[0] == pytest.approx(0.6)
    assert misses[-1] == pytest.approx(0.2)
    assert (np.diff(misses) <= 0).all()


def test_a_threshold_and_who_passes_it() -> None:
    assert threshold_for(STRANGERS, 0.5) == 6
    assert fpir_of_threshold(STRANGERS, 6) == 0.5
    assert fpir_of_threshold(STRANGERS, 9) == 0


PEOPLE, PHOTOS, DIMENSION = 60, 4, 16
NORMALISER = Normaliser(random_units(200, DIMENSION, seed=4), 20)
CALIBRATION = Calibration([-20, 0, 20], [0, -1, -9], [0, -0.5, -8])
PERSON = np.arange(PEOPLE).repeat(PHOTOS)
PLAN = DrawPlan(draws=3, strangers=15, seed=0)


@pytest.fixture(scope="module")
def faces() -> Probes:
    centres = np.repeat(random_units(PEOPLE, DIMENSION, seed=3), PHOTOS, axis=0)
    noisy = centres + np.random.default_rng(0).normal(0, 0.2, centres.shape)
    rows = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    seen = np.ones(len(rows), bool)
    return Probes(rows, np.ones(len(rows)), seen, seen)


def searches(photo: list[int], score: list[float], right: list[bool], upper: list[float]):
    values = np.array(score)
    margin, correct = np.full(len(score), 9.0), np.array(right)
    return Searches(np.array(photo), values, margin, np.array(upper), correct, -values, correct)


def test_what_the_product_decides_over_all_galleries() -> None:
    # Two galleries of one person each: 0.1 a comparison is 0.1 a search.
    first = GalleryOutcome(
        1,
        searches([0, 1], [5, 4], [True, False], [0.05, 0.05]),
        searches([2, 3], [3, 1], [False, False], [0.09, 0.5]),
    )
    second = GalleryOutcome(
        1,
        searches([0, 1], [2, 6], [True, True], [0.2, 0.01]),
        searches([2, 3], [2, 0], [False, False], [0.2, 0.5]),
    )
    found = row(Tried(1, 1, (first, second)), 0.1, 0.5, np.arange(4), np.random.default_rng(0))
    assert (found.fnir.events, found.fnir.trials, found.fnir.people) == (2, 4, 2)
    assert found.misidentified.events == 1
    assert (found.fpir.events, found.fpir.trials, found.fpir.people) == (1, 4, 2)
    assert found.fpir_one_threshold is None
    # No stranger may pass: right and above 3 are 5 and 6. The cosines here are the negatives:
    # above 0 is nobody.
    assert found.fnir_normalised == 0.5
    assert found.fnir_cosine == 1.0


def test_one_threshold_is_that_of_one_size_and_judges_the_others() -> None:
    strangers = searches([0, 1, 2, 3], [-0.1, -0.2, -0.3, -0.4], [False] * 4, [1.0] * 4)
    mates = searches([4], [1], [True], [0.1])
    tried = [Tried(size, 1, (GalleryOutcome(size, mates, strangers),)) for size in (10, 200)]
    threshold = cosine_threshold(tried, 200, 0.5)
    assert threshold == pytest.approx(0.3)
    assert cosine_threshold(tried, 50, 0.5) is None
    found = row(tried[0], 0.5, 0.5, np.arange(5), np.random.default_rng(0), threshold)
    assert found.fpir_one_threshold == 0.5


def test_larger_galleries_are_harder(faces: Probes) -> None:
    tried = try_sizes(PERSON, faces, [5, 40], NORMALISER, CALIBRATION, PLAN)
    assert [(one.size, one.photos, len(one.outcomes)) for one in tried] == [(5, 1, 3), (40, 1, 3)]
    assert [one.outcomes[0].people for one in tried] == [5, 40]
    few, many = (row(one, 0.05, 0.0, PERSON, np.random.default_rng(0)) for one in tried)
    assert few.fnir_normalised < many.fnir_normalised
    assert few.fpir.trials == many.fpir.trials == 3 * 15


def test_a_row_does_not_depend_on_the_other_rows(faces: Probes) -> None:
    alone = try_sizes(PERSON, faces, [10], NORMALISER, CALIBRATION, PLAN)[0]
    among = try_sizes(PERSON, faces, [5, 10], NORMALISER, CALIBRATION, PLAN)[1]
    np.testing.assert_array_equal(alone.mates.score, among.mates.score)
    np.testing.assert_array_equal(alone.strangers.photo, among.strangers.photo)


def test_pooling_asks_the_same_people_and_helps(faces: Probes) -> None:
    one, three = try_pooling(PERSON, faces, 30, [1, 3], NORMALISER, CALIBRATION, PLAN)
    np.testing.assert_array_equal(one.mates.photo, three.mates.photo)
    np.testing.assert_array_equal(one.strangers.photo, three.strangers.photo)
    single, pooled = (
        row(tried, 0.05, 0.0, PERSON, np.random.default_rng(0)) for tried in (one, three)
    )
    assert pooled.photos == 3
    assert pooled.fnir_normalised < single.fnir_normalised - 0.1
