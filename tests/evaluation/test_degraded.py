from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Face, Image
from accessctl.encoder.fake import FAKE_CARD, FakeEncoder
from accessctl.errors import SourceError
from accessctl.evaluation.degrade import CONDITIONS
from accessctl.evaluation.degraded import CLEAN, alteration, choose, losses
from accessctl.evaluation.embedded import Bench
from accessctl.evaluation.photos import FolderPhotos, person_of
from accessctl.evaluation.robustness import RobustnessRules
from accessctl.evaluation.sightings import SightingSettings, Subject
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser
from accessctl.vision.fake import fake_face

NAMES = tuple(f"{who}/{i}.png" for who in "abcdefgh" for i in range(1 + (who < "f") * 2))
CALIBRATION = Calibration([0, 20], [0, -12], [0, -10])
RULES = RobustnessRules(target_fmr=0.5, target_fpir=0.05, min_margin=0.0, gallery=3, draws=2)


class Observer:
    """A face that fills the middle of every photo, but for those with a black corner."""

    def still(self, image: Image) -> list[Face]:
        height, width = image.shape[:2]
        box = Box(0.2 * width, 0.1 * height, 0.6 * width, 0.8 * height)
        return [fake_face(box=box)] if image[0, 0].any() else []

    def close(self) -> None:
        pass


@pytest.fixture
def photos(tmp_path: Path) -> FolderPhotos:
    for number, name in enumerate(NAMES):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        random = np.random.default_rng(ord(name[0]))
        picture = cv2.resize(random.integers(60, 250, (5, 5, 3), np.uint8), (200, 200))
        picture[..., 0] += np.uint8(number % 3)
        if name == "h/0.png":
            picture[:] = 0
        cv2.imwrite(str(path), picture)
    return FolderPhotos(tmp_path)


def bench(cache: Path | None = None) -> Bench:
    look = SightingSettings(Observer, "any", Subject.LARGEST)
    return Bench(look, FakeEncoder, "fake", cache, lambda names, total: names)


def test_two_photos_of_each_and_nobody_twice() -> None:
    subset = choose(NAMES, 4, np.random.default_rng(0))
    assert [person_of(name) for name in subset.enrolled] == [person_of(n) for n in subset.probes]
    assert not set(subset.enrolled) & set(subset.probes)
    assert len({person_of(name) for name in subset.enrolled}) == 4


def test_too_few_people() -> None:
    with pytest.raises(SourceError, match="needs 6 people with two photos each, and these are 5"):
        choose(NAMES, 6, np.random.default_rng(0))


def test_each_photo_has_randomness_of_its_own_and_the_same_every_time(photos) -> None:
    sightings = bench().sight(photos, photos.names)
    drawn = []

    def change(photo: Image, mesh: np.ndarray, draw: np.random.Generator) -> Image:
        drawn.append((float(np.ptp(mesh[:, 0])), float(draw.random())))
        return 255 - photo

    for seed, name in ((0, "a/0.png"), (0, "a/0.png"), (0, "a/1.png"), (1, "a/0.png")):
        alter = alteration(change, sightings, seed)
        photo = photos.read(name)
        np.testing.assert_array_equal(alter(name, photo), 255 - photo)
    assert drawn[0] == drawn[1]
    assert len({number for _, number in drawn}) == 3
    assert {width for width, _ in drawn} == {120}


def test_a_photo_without_a_face_stays_as_it_is(photos) -> None:
    alter = alteration(lambda photo, mesh, draw: 255 - photo, bench().sight(photos, NAMES), 0)
    photo = photos.read("h/0.png")
    assert alter("h/0.png", photo) is photo


def test_every_condition_is_tried_on_the_same_people_and_kept(photos, tmp_path) -> None:
    subset = choose(NAMES, 4, np.random.default_rng(0))
    normaliser = Normaliser(random_units(50, FAKE_CARD.dimension, seed=1), 10)
    cache = tmp_path / "cache"
    first, again = (
        list(losses(bench(cache), photos, subset, normaliser, CALIBRATION, RULES, 0))
        for _ in range(2)
    )
    assert [one.condition for one in first] == [CLEAN, *CONDITIONS]
    assert first == again
    assert {one.tar.trials for one in first} == {4}
    # The photos of a person differ by one shade of red here: untouched, all are recognised.
    assert first[0].tar.value == 1
    assert len(list(cache.glob("sightings-*.npz"))) == 1 + len(CONDITIONS)
