from collections.abc import Callable

import cv2
import numpy as np
import pytest

from accessctl.domain import Box, Quality
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.errors import (
    PoorFaceError,
)
from accessctl.recognition.enrolment import (
    MAX_PHOTO_SIDE,
    Candidate,
    Enrolment,
    alike,
    encode_photo,
)
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX, quality=Quality(0.7))]
    return house


@pytest.fixture
def enrolment(house: FakeHouse) -> Enrolment:
    return Enrolment(house.observer, house.recogniser, house.roster())


Examine = Callable[[int], Candidate]


@pytest.fixture
def examine(enrolment: Enrolment) -> Examine:
    return lambda person: enrolment.examine(portrait(person), "a photo")


def test_examining_keeps_embedding_quality_and_a_jpeg(house: FakeHouse, examine: Examine) -> None:
    candidate = examine(ADA)
    face = fake_face(box=FACE_BOX)
    assert candidate.embedding == pytest.approx(house.recogniser.embed(portrait(ADA), [face])[0])
    assert candidate.quality == 0.7
    assert candidate.fingerprint == house.recogniser.fingerprint
    kept = cv2.imdecode(np.frombuffer(candidate.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    # Box plus three quarters of its longer side (70) reach over the picture: all of it is kept.
    assert kept.shape == (120, 120, 3)
    assert np.abs(kept.astype(int) - portrait(ADA)).mean() < 12


def test_examining_changes_nothing(house: FakeHouse, examine: Examine) -> None:
    examine(ADA)
    assert house.gallery.revision() == 0
    assert house.events() == []


def test_a_photo_that_will_not_do_is_named(house: FakeHouse, enrolment: Enrolment) -> None:
    house.observer.faces = [fake_face(box=FACE_BOX, quality=Quality(0.1, ("too dark",)))]
    with pytest.raises(PoorFaceError, match=r"^door\.jpg: the face is too dark"):
        enrolment.examine(portrait(ADA), "door.jpg")


def test_a_lookalike_is_found_even_when_just_enrolled(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    assert enrolment.lookalike(examine(ADA)) is None
    person = house.administration().enrol("Ada", [examine(ADA)])
    match = enrolment.lookalike(examine(ADA))
    assert match is not None
    assert match.person == person.id
    assert match.similarity == pytest.approx(1)


def test_neither_a_stranger_nor_oneself_is_a_lookalike(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    person = house.administration().enrol("Ada", [examine(ADA)])
    assert enrolment.lookalike(examine(EVE)) is None
    assert enrolment.lookalike(examine(ADA), own=person.id) is None


def test_alike_pairs_are_found_once(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    ada = house.administration().enrol("Ada", [examine(ADA)])
    house.administration().enrol("Eve", [examine(EVE)])
    twin = house.administration().enrol("Ida", [examine(ADA)])
    ((one, other, similarity),) = alike(house.roster())
    assert {one, other} == {ada.id, twin.id}
    assert similarity == pytest.approx(1)


@pytest.mark.parametrize(
    ("shape", "kept"),
    [((600, 800), (600, 800)), ((2048, 512), (1024, 256)), ((100, 4096), (25, 1024))],
)
def test_a_kept_photo_is_at_most_so_large(shape: tuple[int, int], kept: tuple[int, int]) -> None:
    jpeg = encode_photo(np.full((*shape, 3), 128, np.uint8))
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (*kept, 3)
    assert max(kept) <= MAX_PHOTO_SIDE


def test_a_kept_photo_has_its_colours() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    kept = cv2.imdecode(np.frombuffer(encode_photo(red), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert kept.mean(axis=(0, 1)) == pytest.approx([200, 0, 0], abs=3)


def test_a_face_at_the_edge_can_be_kept(house: FakeHouse, enrolment: Enrolment) -> None:
    house.observer.faces = [fake_face(box=Box(-5, -5, 60, 70))]
    kept = enrolment.examine(portrait(ADA), "a photo").jpeg
    decoded = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
    # Centre (25, 30), reach 70 * 1.25 = 87.5 on each side, cut at the left and top edge.
    assert decoded.shape == (118, 112, 3)
