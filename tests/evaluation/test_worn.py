from pathlib import Path

import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.demo.people import collins
from accessctl.domain import Image, Points
from accessctl.evaluation.worn import hat, mask, sunglasses
from accessctl.vision.alignment import five_points
from accessctl.vision.observer import Observer

MODELS = Path(__file__).parents[2] / "models/cache/mediapipe"
LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH, CHIN, FOREHEAD = range(7)


@pytest.fixture(scope="module")
def face() -> tuple[Image, Points]:
    photo = collins()
    observer = Observer(VisionConfig(models=MODELS))
    (found, *_) = observer.still(photo)
    observer.close()
    return photo, found.landmarks


def hidden(change, face: tuple[Image, Points], seed: int) -> list[bool]:
    """Of the five points, the chin and the top of the forehead: which are painted over."""
    _, mesh = face
    grey = np.full_like(face[0], 137)
    changed = (change(grey, mesh, np.random.default_rng(seed)) != 137).any(axis=2)
    inward = 0.9 * (mesh[[152, 10], :2] - mesh[:, :2].mean(axis=0)) + mesh[:, :2].mean(axis=0)
    points = np.concatenate([five_points(mesh), inward])
    return [bool(changed[round(y), round(x)]) for x, y in points]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("change", "covered"),
    [
        (mask, {NOSE, LEFT_MOUTH, RIGHT_MOUTH, CHIN}),
        (sunglasses, {LEFT_EYE, RIGHT_EYE}),
        (hat, {FOREHEAD}),
    ],
)
def test_what_is_hidden_and_what_is_not(change, covered, face, seed: int) -> None:
    assert {place for place, over in enumerate(hidden(change, face, seed)) if over} == covered


@pytest.mark.parametrize("change", [mask, sunglasses, hat])
def test_only_the_head_changes_and_the_photo_itself_never(change, face) -> None:
    photo, mesh = face
    before = photo.copy()
    changed = (change(photo, mesh, np.random.default_rng(0)) != photo).any(axis=2)
    np.testing.assert_array_equal(photo, before)
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    rows, columns = np.nonzero(changed)
    size = high - low
    assert changed.any()
    assert columns.min() > low[0] - 0.2 * size[0]
    assert columns.max() < high[0] + 0.2 * size[0]
    assert rows.min() > low[1] - 0.7 * size[1]
    assert rows.max() < high[1] + 0.1 * size[1]


def test_cloth_keeps_the_light_of_the_face(face) -> None:
    photo, mesh = face
    lit = photo.copy()
    middle = round(float(mesh[152, 0]))
    lit[:, :middle] //= 3
    dressed = mask(lit, mesh, np.random.default_rng(0)).astype(float).mean(axis=2)
    y = round(float(mesh[[61, 291], 1].mean()))
    side = round(float(np.ptp(mesh[:, 0])) / 4)
    assert dressed[y, middle + side] > 1.2 * dressed[y, middle - side]


def test_what_lies_outside_the_photo_is_not_drawn(face) -> None:
    photo, mesh = face
    away = mesh + np.array([5000, 0, 0], np.float32)
    for change in (mask, sunglasses, hat):
        np.testing.assert_array_equal(change(photo, away, np.random.default_rng(0)), photo)
