import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.oneshot import Tasks, accuracy, draw_tasks, score_tasks, table_of
from accessctl.evaluation.probes import Probes
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import Template
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser

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
