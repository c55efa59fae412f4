import logging
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto, StoredPhoto
from accessctl.recognition.enrolment import encode_photo
from accessctl.recognition.reembed import reembed
from accessctl.vision.fake import FakeObserver, fake_face

OLD = "0" * 64
FACE = fake_face(box=FACE_BOX)


class Progress:
    """Counts what it passes on."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.passed = 0

    def __call__(self, photos: Iterable[StoredPhoto], total: int) -> Iterator[StoredPhoto]:
        self.totals.append(total)
        for photo in photos:
            self.passed += 1
            yield photo


def house_of_another_encoder(*people: int) -> FakeHouse:
    house = FakeHouse()
    for number, person in enumerate(people):
        embedding = random_units(1, 8, seed=number)[0]
        jpeg = encode_photo(portrait(person))
        house.gallery.add_person(
            f"P{number}",
            NewPhoto(jpeg=jpeg, embedding=embedding, fingerprint=OLD, quality=0.5, added=EPOCH),
        )
    return house


def renew(house: FakeHouse, faces: Iterable[list], progress: Progress | None = None) -> int:
    observer = FakeObserver(photos=faces)
    return reembed(house.gallery, observer, house.recogniser, progress or Progress())


def test_templates_of_this_encoder_are_left_alone() -> None:
    house = FakeHouse()
    house.enrol("Ada", 1)
    revision, progress = house.gallery.revision(), Progress()
    assert renew(house, [[FACE]], progress) == 0
    assert house.gallery.revision() == revision
    assert progress.totals == []


def test_all_photos_are_embedded_with_the_new_encoder() -> None:
    house, progress = house_of_another_encoder(1, 2), Progress()
    assert renew(house, [[FACE]], progress) == 2
    assert (progress.totals, progress.passed) == ([2], 2)
    assert house.gallery.templates(OLD) == []
    renewed = house.gallery.templates(house.recogniser.fingerprint)
    for template, person in zip(renewed, (1, 2), strict=True):
        fresh = house.recogniser.embed(portrait(person), [FACE])[0]
        # The photo was kept as a JPEG, so not to the last digit.
        assert template.embedding @ fresh > 0.99
    assert renew(house, [[FACE]]) == 0


def test_a_photo_without_a_face_is_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    house = house_of_another_encoder(1, 2)
    assert renew(house, [[], [FACE]]) == 1
    assert len(list(house.gallery.photos())) == 2
    (template,) = house.gallery.templates(house.recogniser.fingerprint)
    assert template.person == house.gallery.person("P1").id
    assert "no face found" in caplog.text
    assert "P0" not in caplog.text


def test_a_damaged_photo_leaves_the_old_templates_in_place() -> None:
    house = house_of_another_encoder(1)
    embedding = np.eye(8, dtype=np.float32)[0]
    house.gallery.add_person(
        "Broken",
        NewPhoto(
            jpeg=b"not a jpeg", embedding=embedding, fingerprint=OLD, quality=0.5, added=EPOCH
        ),
    )
    with pytest.raises(StoreError, match="is not a picture"):
        renew(house, [[FACE]])
    assert len(house.gallery.templates(OLD)) == 2
    assert house.gallery.templates(house.recogniser.fingerprint) == []


def test_somebody_enrolled_meanwhile_makes_it_start_again() -> None:
    house = house_of_another_encoder(1)

    def enrol_meanwhile(photos: Iterable[StoredPhoto], total: int) -> Iterator[StoredPhoto]:
        yield from photos
        embedding = random_units(1, 8, seed=9)[0]
        house.gallery.add_person(
            "Late",
            NewPhoto(jpeg=b"jpeg", embedding=embedding, fingerprint=OLD, quality=0.5, added=EPOCH),
        )

    with pytest.raises(StoreError):
        reembed(house.gallery, FakeObserver(photos=[[FACE]]), house.recogniser, enrol_meanwhile)
    assert len(house.gallery.templates(OLD)) == 2
