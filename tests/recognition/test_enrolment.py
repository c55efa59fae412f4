from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.audit.log import EventLog
from accessctl.config import GalleryConfig
from accessctl.domain import Box, Event, EventKind, PersonId, Quality
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.errors import (
    BadNameError,
    NameTakenError,
    PoorFaceError,
    StoreError,
    UnknownPersonError,
)
from accessctl.gallery.store import open_gallery
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
    roster = house.roster()
    return Enrolment(
        house.observer, house.recogniser, house.gallery, roster, house.audit, lambda: EPOCH
    )


Examine = Callable[[int], Candidate]


@pytest.fixture
def examine(enrolment: Enrolment) -> Examine:
    return lambda person: enrolment.examine(portrait(person), "a photo")


def changes(house: FakeHouse) -> list[tuple[str, PersonId | None]]:
    return [(event.data["change"], event.person) for event in house.events()]


def test_examining_keeps_embedding_quality_and_a_jpeg(house: FakeHouse, examine: Examine) -> None:
    candidate = examine(ADA)
    face = fake_face(box=FACE_BOX)
    assert candidate.embedding == pytest.approx(house.recogniser.embed(portrait(ADA), [face])[0])
    assert candidate.quality == 0.7
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


def test_one_photo_is_enough(house: FakeHouse, enrolment: Enrolment, examine: Examine) -> None:
    person = enrolment.enrol("Ada", [examine(ADA)])
    assert (person.name, person.photos, person.enrolled) == ("Ada", 1, EPOCH)
    assert house.gallery.people() == [person]
    assert changes(house) == [("enrolled", person.id)]
    assert house.events()[0].kind is EventKind.PERSON
    (template,) = house.gallery.templates(house.recogniser.fingerprint)
    assert template.person == person.id
    assert template.quality == 0.7


def test_more_photos_at_once_and_later(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    person = enrolment.enrol("Ada", [examine(ADA), examine(ADA)])
    assert person.photos == 2
    assert enrolment.extend("ada", [examine(ADA)]).photos == 3
    assert changes(house) == [
        ("enrolled", person.id),
        ("photo_added", person.id),
        ("photo_added", person.id),
    ]


@pytest.mark.parametrize(
    ("name", "error"), [("ADA", NameTakenError), (" ", BadNameError), ("a\nb", BadNameError)]
)
def test_a_name_that_will_not_do_leaves_everything_as_it_was(
    house: FakeHouse, enrolment: Enrolment, examine: Examine, name: str, error: type[Exception]
) -> None:
    enrolment.enrol("Ada", [examine(ADA)])
    revision, events = house.gallery.revision(), house.events()
    with pytest.raises(error):
        enrolment.enrol(name, [examine(EVE)])
    assert (house.gallery.revision(), house.events()) == (revision, events)


def test_with_a_full_disk_nobody_is_enrolled(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    house.audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        enrolment.enrol("Ada", [examine(ADA)])
    assert house.gallery.people() == []
    assert house.gallery.revision() == 0
    house.audit.full = False
    person = enrolment.enrol("Ada", [examine(ADA)])
    house.audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        enrolment.extend("Ada", [examine(ADA)])
    assert house.gallery.people() == [person]
    assert len(house.gallery.templates(house.recogniser.fingerprint)) == 1


class FullAfter(EventLog):
    """A log whose disk has no page left after so many events."""

    def __init__(self, path: Path, events: int) -> None:
        super().__init__(path)
        self.left = events

    def append(self, event: Event) -> int:
        if self.left <= 0:
            pages = self._db.execute("PRAGMA page_count").fetchone()[0]
            self._db.execute(f"PRAGMA max_page_count = {pages}")
            # More than fits on the free part of the last page.
            event = Event(event.time, event.kind, {**event.data, "": "x" * 60000}, event.person)
        self.left -= 1
        return super().append(event)


def test_on_real_files_with_a_full_disk_nobody_is_enrolled_either(
    tmp_path: Path, house: FakeHouse, examine: Examine
) -> None:
    people = [examine(ADA), examine(EVE)]
    with (
        open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery,
        FullAfter(tmp_path / "events.sqlite", events=2) as audit,
    ):
        enrolment = Enrolment(
            house.observer, house.recogniser, gallery, house.roster(), audit, lambda: EPOCH
        )
        ada = enrolment.enrol("Ada", people[:1])
        # Of two photos of somebody new the second finds the disk full.
        with pytest.raises(StoreError, match="full"):
            enrolment.enrol("Eve", [people[1], people[1]])
        with pytest.raises(StoreError, match="full"):
            enrolment.enrol("Joan", people[:1])
        eve = gallery.person("Eve")
        assert [person.name for person in gallery.people()] == ["Ada", "Eve"]
        assert eve.photos == 1
        told = [(event.data["change"], event.person) for _, event in audit.query()]
    assert told == [("enrolled", ada.id), ("enrolled", eve.id)]


def test_only_somebody_enrolled_gets_more_photos(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    with pytest.raises(UnknownPersonError):
        enrolment.extend("Ada", [examine(ADA)])
    assert house.events() == []


def test_a_lookalike_is_found_even_when_just_enrolled(
    enrolment: Enrolment, examine: Examine
) -> None:
    assert enrolment.lookalike(examine(ADA)) is None
    person = enrolment.enrol("Ada", [examine(ADA)])
    match = enrolment.lookalike(examine(ADA))
    assert match is not None
    assert match.person == person.id
    assert match.similarity == pytest.approx(1)


def test_neither_a_stranger_nor_oneself_is_a_lookalike(
    enrolment: Enrolment, examine: Examine
) -> None:
    person = enrolment.enrol("Ada", [examine(ADA)])
    assert enrolment.lookalike(examine(EVE)) is None
    assert enrolment.lookalike(examine(ADA), own=person.id) is None


def test_alike_pairs_are_found_once(
    house: FakeHouse, enrolment: Enrolment, examine: Examine
) -> None:
    ada = enrolment.enrol("Ada", [examine(ADA)])
    enrolment.enrol("Eve", [examine(EVE)])
    twin = enrolment.enrol("Ida", [examine(ADA)])
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
