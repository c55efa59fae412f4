from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from accessctl.administration.changes import Administration
from accessctl.config import AuditConfig, Config, GalleryConfig, PolicyConfig
from accessctl.domain import Box, Image, Quality
from accessctl.door.fake import CALIBRATION, EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.errors import ModelError, NoFaceError, SeveralFacesError, StoreError
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto, StoredPhoto
from accessctl.policy.decide import rare_enough
from accessctl.recognition.engine import (
    EngineMakers,
    embed_portrait,
    identify,
    one_thread_each,
    open_engine,
    stack,
    verify,
)
from accessctl.recognition.enrolment import encode_photo
from accessctl.recognition.normalisation import Normaliser
from accessctl.vision.fake import FakeObserver, fake_face

UNCALIBRATED = ModelError("not calibrated")


class ClosingGallery(MemoryGallery):
    closed = False

    def close(self) -> None:
        self.closed = True


class Parts:
    """What open_engine would load, and what it did with it."""

    def __init__(self) -> None:
        self.gallery = ClosingGallery()
        self.observer = FakeObserver(photos=[[fake_face(box=FACE_BOX)]])
        normaliser = Normaliser(random_units(300, FAKE_CARD.dimension, seed=1), 50)
        self.scoring: object = (normaliser, CALIBRATION)

    def score(self, card: object) -> object:
        if isinstance(self.scoring, Exception):
            raise self.scoring
        return self.scoring

    def makers(self) -> EngineMakers:
        return EngineMakers(
            lambda config: FakeEncoder(),
            lambda config, environ: self.gallery,
            lambda config: self.observer,
            self.score,
        )


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        gallery=GalleryConfig(folder=tmp_path / "enrolled"),
        audit=AuditConfig(file=tmp_path / "events.sqlite"),
    )


def through(photos: Iterable[StoredPhoto], total: int) -> Iterator[StoredPhoto]:
    yield from photos


def test_an_engine_is_open_inside_and_closed_after(config: Config, parts: Parts) -> None:
    with open_engine(config, through, parts.makers()) as engine:
        assert engine.recogniser.fingerprint == FAKE_CARD.fingerprint
        assert engine.gallery is parts.gallery
        assert engine.roster.matcher.people == 0
        assert engine.roster.max_fmr == pytest.approx(config.policy.target_fpir)
        assert not parts.gallery.closed
    assert parts.gallery.closed
    assert parts.observer.closed


def test_opening_one_leaves_the_threads_of_the_process_as_they_are(
    config: Config, parts: Parts
) -> None:
    before = cv2.getNumThreads()
    with threadpool_limits(limits=2, user_api="blas"):
        try:
            cv2.setNumThreads(2)
            with open_engine(config, through, parts.makers()):
                blas = {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}
                assert (cv2.getNumThreads(), blas) == (2, {2})
        finally:
            cv2.setNumThreads(before)


def test_templates_of_another_encoder_are_renewed_before_anybody_is_matched(
    config: Config, parts: Parts
) -> None:
    old = random_units(1, 8, seed=5)[0]
    parts.gallery.add_person(
        "Ada",
        NewPhoto(
            jpeg=encode_photo(portrait(1)),
            embedding=old,
            fingerprint="0" * 64,
            quality=0.9,
            added=EPOCH,
        ),
    )
    with open_engine(config, through, parts.makers()) as engine:
        assert engine.roster.matcher.people == 1
        probe = engine.recogniser.embed(portrait(1), [fake_face(box=FACE_BOX)])[0]
        match = engine.roster.matcher.search(probe)
    assert match is not None
    assert match.similarity > 0.99


@pytest.mark.parametrize("fault", [UNCALIBRATED, StoreError("locked")])
def test_what_was_opened_is_closed_when_the_rest_fails(
    config: Config, parts: Parts, fault: Exception
) -> None:
    if fault is UNCALIBRATED:
        parts.scoring = fault
    else:
        parts.gallery.fault = fault
    with pytest.raises(type(fault), match=str(fault)), open_engine(config, through, parts.makers()):
        pytest.fail("half an engine")
    assert parts.gallery.closed
    assert parts.observer.closed


def test_the_engine_enrols_for_itself(config: Config, parts: Parts) -> None:
    house = FakeHouse()
    with open_engine(config, through, parts.makers()) as engine:
        photo = engine.enrolment().examine(portrait(1), "a photo")
        person = Administration(engine.gallery, house.audit, lambda: EPOCH).enrol("Ada", [photo])
        assert engine.roster.refresh() is True
        assert engine.roster.names == {person.id: "Ada"}
    assert [event.data["change"] for event in house.events()] == ["enrolled"]


@pytest.fixture
def two_threads_each() -> Iterator[None]:
    before = cv2.getNumThreads()
    with threadpool_limits(limits=2, user_api="blas"):
        cv2.setNumThreads(2)
        yield
    cv2.setNumThreads(before)


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.usefixtures("two_threads_each")
def test_opencv_and_blas_stay_in_the_thread_that_calls_them() -> None:
    np.ones((2, 2), np.float32) @ np.ones(2, np.float32)
    assert max(blas_threads()) == 2
    assert cv2.getNumThreads() == 2
    one_thread_each()
    assert blas_threads() == {1}
    assert cv2.getNumThreads() == 1


ADA, BEA, EVE = 1, 2, 3
RIGHT_BOX = Box(FACE_BOX.x + 120, FACE_BOX.y, FACE_BOX.w, FACE_BOX.h)


def side_by_side(left: int, right: int) -> Image:
    return np.concatenate([portrait(left), portrait(right)], axis=1)


def look(house: FakeHouse, image: Image, min_margin: float = 0.5):
    return identify(image, house.observer, house.recogniser, house.roster(), min_margin)


def test_every_face_is_named_from_left_to_right() -> None:
    house = FakeHouse()
    ada, bea = house.enrol("Ada", ADA), house.enrol("Bea", BEA)
    house.observer.faces = [fake_face(box=RIGHT_BOX), fake_face(box=FACE_BOX)]
    found = look(house, side_by_side(BEA, ADA))
    assert [one.person for one in found] == [bea, ada]
    assert [one.face.box for one in found] == [FACE_BOX, RIGHT_BOX]


def test_a_stranger_has_a_nearest_but_no_name() -> None:
    house = FakeHouse()
    ada = house.enrol("Ada", ADA)
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, portrait(EVE))
    assert one.person is None
    assert one.match is not None
    assert one.match.person == ada
    assert one.match.fmr_upper > house.roster().max_fmr
    assert one.reason == "no_match"


def test_a_photo_is_named_at_the_whole_stated_rate() -> None:
    house = FakeHouse()
    ada = house.enrol("Ada", ADA)
    blend = portrait(ADA) // 2 + portrait(EVE) // 2
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, blend)
    assert one.match is not None
    # One person is enrolled: a face may have the stated rate, an attempt at the door a third of it.
    house.policy = PolicyConfig(target_fpir=2 * one.match.fmr_upper, attempts=3)
    (one,) = look(house, blend)
    assert one.person == ada
    assert one.match is not None
    assert not rare_enough(one.match.fmr_upper, house.roster().attempt_fmr)


def test_with_nobody_enrolled_there_is_no_nearest() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, portrait(ADA))
    assert (one.person, one.match, one.reason) == (None, None, "no_match")


def test_a_poor_face_is_never_named() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    house.observer.faces = [fake_face(box=FACE_BOX, quality=Quality(0.1, ("too far",)))]
    (one,) = look(house, portrait(ADA))
    assert one.person is None
    assert one.match is not None
    assert one.match.similarity == pytest.approx(1)
    assert one.reason == "poor_quality"


def test_two_who_are_alike_are_not_told_apart() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    house.enrol("Her twin", ADA)
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, portrait(ADA))
    assert one.match is not None
    assert one.match.margin == pytest.approx(0, abs=1e-5)
    assert (one.person, one.reason) == (None, "ambiguous")
    named = look(house, portrait(ADA), min_margin=0)[0]
    assert named.person is not None
    assert named.reason is None


def test_an_empty_picture() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    assert look(house, portrait(ADA)) == []


def test_a_portrait_becomes_the_embedding_of_its_face() -> None:
    house = FakeHouse()
    face = fake_face(box=FACE_BOX)
    house.observer.faces = [face]
    embedding = embed_portrait(portrait(ADA), "a", house.observer, house.recogniser)
    assert embedding == pytest.approx(house.recogniser.embed(portrait(ADA), [face])[0])
    house.observer.faces = []
    with pytest.raises(NoFaceError, match=r"^a: "):
        embed_portrait(portrait(ADA), "a", house.observer, house.recogniser)
    house.observer.faces = [face, face]
    with pytest.raises(SeveralFacesError, match=r"^a: "):
        embed_portrait(portrait(ADA), "a", house.observer, house.recogniser)


def test_missing_embeddings_are_rows_of_nan() -> None:
    rows = stack([np.array([1, 0], np.float32), None], 2)
    assert rows.dtype == np.float32
    assert rows[0].tolist() == [1, 0]
    assert np.isnan(rows[1]).all()
    assert stack([None], 3).shape == (1, 3)
    assert stack([], 3).shape == (0, 3)


def test_two_faces_are_of_one_person_by_the_upper_bound_of_their_rate() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    ada, eve = (
        house.recogniser.embed(portrait(one), house.observer.faces)[0] for one in (ADA, EVE)
    )
    mixed = ada + 0.7 * eve
    like_ada = (mixed / np.linalg.norm(mixed)).astype(np.float32)
    matcher = house.roster().matcher
    compared = matcher.compare(ada, like_ada)
    assert 1e-8 < compared.fmr_upper < 1
    for target in (compared.fmr_upper * 1.001, compared.fmr_upper * 0.999):
        found = verify(ada, like_ada, matcher, target)
        assert found.same is (target > compared.fmr_upper)
        assert (found.similarity, found.fmr) == (compared.similarity, compared.fmr)
        assert found.same is (found.similarity >= found.threshold)
    assert verify(ada, ada, matcher, 1e-5).same
    assert not verify(ada, eve, matcher, 0.5).same
