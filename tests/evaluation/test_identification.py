import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.errors import SourceError
from accessctl.evaluation.embedded import Probes
from accessctl.evaluation.identification import (
    GalleryDraw,
    GalleryOutcome,
    Searches,
    Tasks,
    accuracy,
    decide,
    draw_gallery,
    draw_tasks,
    joined,
    score_tasks,
    search_all,
    table_of,
)
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import Template
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import pool

NORMALISER = Normaliser(random_units(60, 8, seed=9), 10)


def probes(embeddings: np.ndarray, found: list[bool] | None = None) -> Probes:
    seen = np.ones(len(embeddings), bool) if found is None else np.array(found)
    rows = np.where(seen[:, None], embeddings, np.float32(np.nan))
    quality = np.where(seen, np.linspace(0.2, 1, len(rows)), np.nan)
    return Probes(rows, quality, seen, seen)


def test_every_task_is_as_the_protocol_says() -> None:
    person = np.repeat(np.arange(8), [1, 1, 2, 2, 3, 3, 4, 4])
    tasks = draw_tasks(person, 4, 2, 200, np.random.default_rng(0))
    assert (tasks.probe.shape, tasks.support.shape) == ((200,), (200, 4, 2))
    people = person[tasks.support]
    assert (people[:, :, 0] == people[:, :, 1]).all()
    assert (people[:, 0, 0] == person[tasks.probe]).all()
    # Only those with a third photo can be asked for, those with two are among the others.
    assert set(person[tasks.probe]) == {4, 5, 6, 7}
    assert set(people[:, 1:].ravel()) == {2, 3, 4, 5, 6, 7}
    for probe, support, row in zip(tasks.probe, tasks.support, people[:, :, 0], strict=True):
        assert len(set(row)) == 4
        assert len({probe, *support.ravel()}) == 9


@pytest.mark.parametrize(("ways", "shots"), [(5, 1), (2, 2)])
def test_too_few_people_or_photos(ways: int, shots: int) -> None:
    with pytest.raises(SourceError, match=f"{ways}-way tasks with {shots} photos"):
        draw_tasks(np.array([0, 0, 1, 2, 3]), ways, shots, 5, np.random.default_rng(0))


def test_scores_are_those_of_the_products_gallery() -> None:
    faces = probes(random_units(10, 8, seed=1))
    tasks = Tasks(np.array([0]), np.array([[[1, 2], [3, 4], [5, 6]]]))
    scores = score_tasks(tasks, 2, faces, NORMALISER)
    templates = [
        Template(name, faces.embeddings[row], float(faces.quality[row]))
        for name, rows in (("a", (1, 2)), ("b", (3, 4)), ("c", (5, 6)))
        for row in rows
    ]
    calibration = Calibration([-99, 99], [0, -1], [0, -1])
    match = Matcher(templates, NORMALISER, calibration).search(faces.embeddings[0])
    assert match is not None
    best = int(np.argmax(scores.normalised[0]))
    assert match.person == "abc"[best]
    assert scores.normalised[0, best] == pytest.approx(match.score, rel=1e-4)
    assert scores.cosine[0, best] == pytest.approx(match.similarity, rel=1e-4)


def test_fewer_shots_are_the_first_ones() -> None:
    faces = probes(random_units(10, 8, seed=1))
    tasks = Tasks(np.array([0]), np.array([[[1, 2], [3, 4]]]))
    one = score_tasks(tasks, 1, faces, NORMALISER)
    assert one.cosine[0] == pytest.approx(faces.embeddings[[1, 3]] @ faces.embeddings[0], rel=1e-4)


def test_faces_that_were_not_found_are_errors_and_not_pooled() -> None:
    faces = probes(random_units(8, 8, seed=1), [True, True, False, True, True, True, False, True])
    support = np.array([[1, 2], [3, 4]])
    tasks = Tasks(np.array([0, 6, 0]), np.stack([support, support, [[2, 6], [3, 4]]]))
    scores = score_tasks(tasks, 2, faces, NORMALISER)
    # The second photo of the first person shows nobody: the first one stands alone.
    assert scores.cosine[0, 0] == pytest.approx(faces.embeddings[0] @ faces.embeddings[1], rel=1e-4)
    assert np.isneginf(scores.normalised[1]).all()
    assert np.isneginf([scores.cosine[2, 0], scores.normalised[2, 0]]).all()
    assert np.isfinite(scores.normalised[2, 1])
    found = accuracy(scores.normalised, 2)
    assert found.trials == 3
    assert found.events <= 1


def test_accuracy_among_the_first_so_many() -> None:
    scores = np.array([[2, 1, 3], [1, 2, 0], [4, 1, 1], [-np.inf, -np.inf, -np.inf], [1, 1, 0]])
    # Of two: the first and third are right, a draw is not. Of three: only the third.
    assert (accuracy(scores, 2).events, accuracy(scores, 3).events) == (2, 1)
    assert accuracy(scores, 3).value == 0.2


def test_more_ways_are_harder_and_more_photos_easier() -> None:
    people, photos, dimension = 40, 4, 16
    random = np.random.default_rng(0)
    centres = random_units(people, dimension, seed=3)
    noisy = np.repeat(centres, photos, axis=0) + random.normal(0, 0.4, (people * photos, dimension))
    rows = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    person = np.arange(people).repeat(photos)
    tasks = draw_tasks(person, 20, 3, 300, random)
    normaliser = Normaliser(random_units(200, dimension, seed=4), 20)
    found = table_of(tasks, (2, 20), (1, 3), probes(rows), normaliser)
    cosine = {key: pair[0].value for key, pair in found.items()}
    product = {key: pair[1].value for key, pair in found.items()}
    for by in (cosine, product):
        assert by[2, 1] > by[20, 1] + 0.1
        assert by[20, 3] > by[20, 1] + 0.1
        assert by[20, 1] > 3 / 20


PHOTOS = st.lists(st.integers(1, 5), min_size=6, max_size=25)


@settings(deadline=None)
@given(PHOTOS, st.integers(1, 10), st.integers(1, 3), st.integers(1, 8), st.integers(0, 99))
def test_nobody_is_in_two_places(
    photos: list[int], size: int, probes: int, strangers: int, seed: int
) -> None:
    person = np.repeat(np.arange(len(photos)), photos)
    try:
        draw = draw_gallery(person, size, probes, strangers, np.random.default_rng(seed))
    except SourceError:
        return
    enrolled = person[draw.enrolled]
    assert len(set(enrolled)) == size
    assert draw.mates.shape[1:] == draw.strangers.shape[1:] == (probes,)
    assert 1 <= len(draw.strangers) <= strangers
    assert 1 <= len(draw.mates) <= size
    for place, rows in zip(draw.own, draw.mates, strict=True):
        assert set(person[rows]) == {enrolled[place]}
        assert len({*rows, draw.enrolled[place]}) == probes + 1
    outside = person[draw.strangers]
    assert (outside == outside[:, :1]).all()
    assert len(set(outside[:, 0])) == len(outside)
    assert not set(outside[:, 0]) & set(enrolled)
    assert all(len(set(rows)) == probes for rows in draw.strangers)


def test_two_thirds_of_those_who_can_come_back_may_be_enrolled() -> None:
    person = np.arange(9).repeat(2)
    draw = draw_gallery(person, 6, 1, 100, np.random.default_rng(0))
    assert (len(draw.enrolled), len(draw.mates), len(draw.strangers)) == (6, 6, 3)


def test_people_with_too_few_photos_fill_the_gallery_up() -> None:
    # Three people with four photos: two of them may be enrolled and come with three photos,
    # the third comes as a stranger. Four people with a single photo fill the gallery.
    person = np.array([0, 1, 2, 3, *([4] * 4), *([5] * 4), *([6] * 4)])
    draw = draw_gallery(person, 6, 3, 5, np.random.default_rng(0))
    assert (len(draw.enrolled), draw.mates.shape, draw.strangers.shape) == (6, (2, 3), (1, 3))
    assert set(person[draw.enrolled]) == set(range(7)) - set(person[draw.strangers[:, 0]])


@pytest.mark.parametrize(
    ("photos", "size"), [([2, 2, 2], 4), ([1, 1, 1, 1], 2), ([2, 2, 2], 3), ([2], 1)]
)
def test_too_few_people(photos: list[int], size: int) -> None:
    person = np.repeat(np.arange(len(photos)), photos)
    with pytest.raises(SourceError, match="cannot be drawn from"):
        draw_gallery(person, size, 1, 5, np.random.default_rng(0))


def test_the_same_seed_draws_the_same_gallery() -> None:
    person = np.arange(30).repeat(3)
    one, other = (draw_gallery(person, 10, 2, 8, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.mates, other.mates)
    np.testing.assert_array_equal(one.strangers, other.strangers)


CALIBRATION = Calibration([-50, 0, 50], [0, -1, -9], [0, -0.5, -8])
ROWS = random_units(12, 8, seed=1)


def gallery_probes(usable: list[int] | None = None, rows: np.ndarray = ROWS) -> Probes:
    """`usable` are the rows that are; the others show no face."""
    kept = np.isin(np.arange(len(rows)), range(len(rows)) if usable is None else usable)
    embeddings = np.where(kept[:, None], rows, np.float32(np.nan))
    return Probes(embeddings, np.linspace(0.1, 1, len(rows)), kept, kept)


def draw(enrolled: list[int], mates: list[list[int]], strangers: list[list[int]]) -> GalleryDraw:
    places = np.arange(len(mates))
    return GalleryDraw(np.array(enrolled), np.array(mates), places, np.array(strangers))


def test_a_search_is_that_of_the_gallery() -> None:
    outcome = search_all(
        draw([0, 1, 2], [[4], [5]], [[7]]), gallery_probes(), NORMALISER, CALIBRATION
    )
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
    outcome = search_all(swapped, gallery_probes(rows=rows), NORMALISER, CALIBRATION)
    assert outcome.mates.right.tolist() == [True, True]
    assert outcome.mates.cosine_right.tolist() == [True, True]
    swapped = GalleryDraw(swapped.enrolled, swapped.mates, np.array([1, 2]), swapped.strangers)
    outcome = search_all(swapped, gallery_probes(rows=rows), NORMALISER, CALIBRATION)
    assert outcome.mates.right.tolist() == [False, False]


def test_who_was_not_enrolled_is_missed_and_shifts_nobody() -> None:
    rows = np.concatenate([ROWS[:3], ROWS[:3]])
    usable = [1, 2, 3, 4, 5]
    everybody = draw([0, 1, 2], [[3], [4], [5]], [[3]])
    outcome = search_all(everybody, gallery_probes(usable, rows), NORMALISER, CALIBRATION)
    assert outcome.people == 2
    assert outcome.mates.right.tolist() == [False, True, True]
    assert outcome.mates.cosine_right.tolist() == [False, True, True]


def test_a_probe_without_a_face_is_missed_and_no_stranger_without_one_is_let_in() -> None:
    outcome = search_all(
        draw([0, 1], [[4], [5]], [[6]]), gallery_probes([0, 1, 5]), NORMALISER, CALIBRATION
    )
    assert np.isneginf(outcome.mates.score[0])
    assert np.isfinite(outcome.mates.score[1])
    missed, wrong, accepted = decide(outcome, 0.99, 0.0)
    assert (missed[0], wrong[0], accepted[0]) == (True, False, False)


def test_an_empty_gallery_names_nobody() -> None:
    outcome = search_all(draw([0], [[4]], [[6]]), gallery_probes([4, 6]), NORMALISER, CALIBRATION)
    missed, wrong, accepted = decide(outcome, 0.99, 0.0)
    assert (outcome.people, missed.all(), wrong.any(), accepted.any()) == (0, True, False, False)


def test_photos_of_a_probe_are_pooled_by_quality_without_the_faceless() -> None:
    faces = gallery_probes([0, 1, 4, 6])
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
