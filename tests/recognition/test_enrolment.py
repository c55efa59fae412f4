import logging
import threading
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Embedding, Image, Quality
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.encoder.base import FakeEncoder
from accessctl.errors import PoorFaceError, SeveralFacesError, StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto, StoredPhoto
from accessctl.recognition.enrolment import (
    MAX_PHOTO_SIDE,
    Candidate,
    Enrolment,
    alike,
    encode_photo,
    prefetch,
    reembed,
)
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.fake import FakeObserver, fake_face
from tests.patience import PATIENCE_S

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
    twin = house.administration().enrol("Ida", [examine(ADA)], anyway=True)
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


def test_a_photo_whose_picture_a_hub_has_is_passed_over() -> None:
    house = FakeHouse()
    house.gallery.add_person(
        "Ada",
        NewPhoto(
            jpeg=b"",
            embedding=random_units(1, 8, seed=1)[0],
            fingerprint=OLD,
            quality=1.0,
            added=0.0,
        ),
    )
    assert renew(house, []) == 0
    assert house.gallery.outdated(house.recogniser.fingerprint) == 0
    assert house.gallery.templates(house.recogniser.fingerprint) == []


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


@given(st.lists(st.integers()))
def test_everything_comes_once_in_its_order(items: list[int]) -> None:
    done = [(item, made.result()) for item, made in prefetch(lambda n: n * n, items)]
    assert done == [(item, item * item) for item in items]


def test_the_next_item_is_worked_on_while_the_caller_has_the_last() -> None:
    begun = {item: threading.Event() for item in "abc"}
    for item, made in prefetch(lambda item: begun[item].set(), "abc"):
        made.result()
        if item == "a":
            assert begun["b"].wait(PATIENCE_S)
            assert not begun["c"].is_set()


def test_one_at_a_time_in_one_thread_that_is_not_the_callers() -> None:
    threads = {made.result() for _, made in prefetch(lambda _: threading.get_ident(), range(5))}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_was_raised_is_raised_where_the_result_is_asked_for() -> None:
    def halves(number: int) -> int:
        if number % 2:
            raise ValueError(f"{number} is odd")
        return number // 2

    results = iter(prefetch(halves, [2, 3, 4]))
    assert next(results)[1].result() == 1
    with pytest.raises(ValueError, match="3 is odd"):
        next(results)[1].result()
    assert next(results)[1].result() == 2


def test_whoever_stops_early_leaves_no_thread_and_takes_no_more_items() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    before = threading.active_count()
    feed = prefetch(abs, items())
    next(feed)
    feed.close()
    assert taken == [0, 1]
    assert threading.active_count() == before


def test_somebody_in_the_background_is_counted_or_with_strict_refused(house: FakeHouse) -> None:
    meant, behind = fake_face(box=FACE_BOX), fake_face(box=Box(96, 4, 22, 26))
    house.observer.faces = [behind, meant]
    enrolment = Enrolment(house.observer, house.recogniser, house.roster())
    taken = enrolment.examine(portrait(1), "us.jpg")
    assert taken.others == 1
    assert taken.embedding == pytest.approx(house.recogniser.embed(portrait(1), [meant])[0])
    with pytest.raises(SeveralFacesError, match="2 faces found"):
        enrolment.examine(portrait(1), "us.jpg", strict=True)


def test_photos_of_a_folder_are_examined_in_their_order_each_told_when_it_is_asked_for(
    house: FakeHouse, enrolment: Enrolment
) -> None:
    def read(person: int) -> tuple[Image, str]:
        if person == EVE:
            raise PoorFaceError("eve.jpg: the face is too dark.")
        return portrait(person), f"{person}.jpg"

    examined = dict(enrolment.examine_each(read, [ADA, EVE, 3], strict=True))
    assert list(examined) == [ADA, EVE, 3]
    with pytest.raises(PoorFaceError, match="too dark"):
        examined[EVE].result()
    for person in (ADA, 3):
        photo, alone = examined[person].result(), enrolment.examine(portrait(person), "alone.jpg")
        assert photo.origin == f"{person}.jpg"
        assert np.array_equal(photo.embedding, alone.embedding)


class SlowEncoder(FakeEncoder):
    """Begins to embed once it may."""

    def __init__(self, may: threading.Event) -> None:
        super().__init__()
        self.may = may

    def embed(self, crops: Image) -> Embedding:
        assert self.may.wait(PATIENCE_S)
        return super().embed(crops)


def test_the_next_photo_is_searched_while_one_is_embedded(house: FakeHouse) -> None:
    second_is_read = threading.Event()

    def read(person: int) -> tuple[Image, str]:
        if person == EVE:
            second_is_read.set()
        return portrait(person), "a photo"

    recogniser = Recogniser(SlowEncoder(second_is_read))
    enrolment = Enrolment(house.observer, recogniser, house.roster())
    feed = enrolment.examine_each(read, [ADA, EVE], strict=False)
    assert [photo.result().origin for _, photo in feed] == ["a photo"] * 2
