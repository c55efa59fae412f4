from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Face, Image
from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.errors import SourceError
from accessctl.evaluation.data import FolderPhotos, person_of
from accessctl.evaluation.embedded import Bench, Probes
from accessctl.evaluation.robustness import (
    CLEAN,
    CONDITIONS,
    FULL_WELL,
    READ_NOISE,
    RobustnessRules,
    alteration,
    choose_subset,
    compressed,
    darker,
    defocused,
    loss,
    losses,
    moved,
    pair_scores,
    smaller,
)
from accessctl.evaluation.sightings import SightingSettings, Subject
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.vision.fake import fake_face, fake_mesh

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


NAMES = tuple(f"{who}/{i}.png" for who in "abcdefgh" for i in range(1 + (who < "f") * 2))
FEW_RULES = RobustnessRules(target_fmr=0.5, target_fpir=0.05, min_margin=0.0, gallery=3, draws=2)


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
    subset = choose_subset(NAMES, 4, np.random.default_rng(0))
    assert [person_of(name) for name in subset.enrolled] == [person_of(n) for n in subset.probes]
    assert not set(subset.enrolled) & set(subset.probes)
    assert len({person_of(name) for name in subset.enrolled}) == 4


def test_too_few_people() -> None:
    with pytest.raises(SourceError, match="needs 6 people with two photos each, and these are 5"):
        choose_subset(NAMES, 6, np.random.default_rng(0))


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
    subset = choose_subset(NAMES, 4, np.random.default_rng(0))
    normaliser = Normaliser(random_units(50, FAKE_CARD.dimension, seed=1), 10)
    cache = tmp_path / "cache"
    first, again = (
        list(
            losses(bench(cache), photos, subset, normaliser, CALIBRATION, FEW_RULES, 0, CONDITIONS)
        )
        for _ in range(2)
    )
    assert [one.condition for one in first] == [CLEAN, *CONDITIONS]
    assert first == again
    assert {one.tar.trials for one in first} == {4}
    # The photos of a person differ by one shade of red here: untouched, all are recognised.
    assert first[0].tar.value == 1
    assert len(list(cache.glob("sightings-*.npz"))) == 1 + len(CONDITIONS)


MESH = fake_mesh(Box(20, 20, 100, 120))
"""A face that is 100 pixels wide."""


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(0)


def checks(height: int, width: int, cell: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width] // cell
    return np.repeat((((x + y) % 2) * 200 + 20).astype(np.uint8)[..., None], 3, axis=2)


def test_the_face_is_as_wide_as_asked(draw) -> None:
    small = smaller(checks(200, 160, 10), MESH, draw, face_px=40)
    assert (small.shape, small.dtype) == ((80, 64, 3), np.uint8)
    # Whole cells of 10 become cells of 4: the pattern stays, nothing is made up.
    assert set(small[2::4, 2::4].ravel()) == {20, 220}


def test_a_face_that_is_smaller_already_stays(draw) -> None:
    photo = checks(200, 160, 10)
    assert smaller(photo, MESH, draw, face_px=100) is photo


def test_less_light_by_hand(draw) -> None:
    photo = np.full((300, 300, 3), 186, np.uint8)
    seen = darker(photo, MESH, draw, light=0.1)
    linear = 0.1 * (186 / 255) ** 2.2
    assert seen.mean() == pytest.approx(255 * linear ** (1 / 2.2), abs=0.5)
    # Shot noise and read noise add as variances; through the slope of the gamma curve.
    electrons = FULL_WELL * linear
    noise = np.sqrt(electrons + READ_NOISE**2) / FULL_WELL
    slope = 255 / 2.2 * linear ** (1 / 2.2 - 1)
    assert seen.std() == pytest.approx(noise * slope, rel=0.05)


def test_no_light_at_all_is_black_but_for_read_noise(draw) -> None:
    seen = darker(np.zeros((100, 100, 3), np.uint8), MESH, draw, light=1.0)
    assert seen.max() < 255 * (6 * READ_NOISE / FULL_WELL) ** (1 / 2.2)


def test_defocus_follows_the_faces_width(draw) -> None:
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[:, 100:] = 255
    seen = defocused(photo, MESH, draw, share=0.04)[100, :, 0].astype(float)
    # An edge under a Gaussian of 4 pixels rises from 16 % to 84 % within two deviations.
    assert np.interp([0.1587 * 255, 0.8413 * 255], seen, np.arange(200)) == pytest.approx(
        [99.5 - 4, 99.5 + 4], abs=0.2
    )


def test_motion_smears_over_its_length_and_keeps_the_light(draw) -> None:
    photo = np.zeros((101, 101, 3), np.uint8)
    photo[50, 50] = 250
    seen = moved(photo, MESH, draw, share=0.10)[..., 0].astype(float)
    rows, columns = np.nonzero(seen)
    assert 6 <= np.hypot(np.ptp(rows), np.ptp(columns)) <= 10
    assert seen.sum() == pytest.approx(250, abs=len(rows))


def test_compression_hurts_more_at_lower_quality(draw) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    lost = [
        np.abs(compressed(photo, MESH, draw, quality=quality).astype(int) - photo).mean()
        for quality in (95, 30, 10)
    ]
    assert lost[0] < lost[1] < lost[2]


def test_compression_keeps_red_red(draw) -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[..., 0] = 200
    assert compressed(photo, MESH, draw, quality=90)[..., 0].mean() == pytest.approx(200, abs=3)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_gives_another_picture_the_same_each_time(name: str) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (200, 160, 3)).astype(np.uint8)
    before = photo.copy()
    one, other = (CONDITIONS[name](photo, MESH, np.random.default_rng(7)) for _ in range(2))
    assert (one.dtype, one.ndim) == (np.uint8, 3)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(photo, before)
    assert one.shape != photo.shape or (one != photo).any()
