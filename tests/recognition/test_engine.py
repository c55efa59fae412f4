from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from accessctl.administration.changes import Administration
from accessctl.config import AuditConfig, Config, GalleryConfig
from accessctl.door.fake import CALIBRATION, EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.encoder.fake import FAKE_CARD, FakeEncoder
from accessctl.errors import ModelError, StoreError
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto, StoredPhoto
from accessctl.recognition.engine import EngineMakers, one_thread_each, open_engine
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
