import pytest

from accessctl.domain import PersonId
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.gallery.people import NewPhoto
from accessctl.recognition.gallery_check import (
    PhotoFlaw,
    StoredFlaw,
    check_photos,
    flaw_sentence,
)
from accessctl.vision.fake import fake_face

ADA, EVE, JOAN = 1, 2, 3


def photo_of(house: FakeHouse, portrayed: int, added: float) -> NewPhoto:
    embedding = house.recogniser.embed(portrait(portrayed), [fake_face(box=FACE_BOX)])[0]
    return NewPhoto(
        jpeg=b"jpeg",
        embedding=embedding,
        fingerprint=house.recogniser.fingerprint,
        quality=0.9,
        added=added,
    )


def enrol(house: FakeHouse, name: str, *portrayed: int) -> PersonId:
    first, *others = [photo_of(house, one, EPOCH + n) for n, one in enumerate(portrayed)]
    person = house.gallery.add_person(name, first)
    for other in others:
        house.gallery.add_photo(person.id, other)
    return person.id


def flaws(house: FakeHouse) -> list[StoredFlaw]:
    yardstick = house.roster().yardstick(1e-4)
    return list(check_photos(house.gallery, house.recogniser.fingerprint, yardstick))


def test_a_gallery_in_order_has_no_flaws() -> None:
    house = FakeHouse()
    assert flaws(house) == []
    enrol(house, "Ada", ADA)
    enrol(house, "Eve", EVE)
    assert flaws(house) == []


def test_a_stranger_s_photo_among_somebody_s_is_a_misfit() -> None:
    house = FakeHouse()
    ada = enrol(house, "Ada", ADA, ADA, JOAN)
    found = flaws(house)
    assert [(one.flaw, one.person, one.photo, one.other) for one in found] == [
        (PhotoFlaw.MISFIT, ada, 3, None),
        (PhotoFlaw.DUPLICATE, ada, 1, ada),
    ]
    assert found[0].grave
    assert (found[1].other_photo, found[1].grave) == (2, False)
    said = flaw_sentence(found[0], {ada: "Ada"})
    assert said.startswith("Photo 3 of Ada does not show whom the others show (similarity ")
    assert said.endswith("remove NAME --photo 3")


def test_a_photo_of_somebody_else_enrolled_names_them() -> None:
    house = FakeHouse()
    ada, eve = enrol(house, "Ada", ADA, ADA, EVE), enrol(house, "Eve", EVE)
    misfits = [one for one in flaws(house) if one.flaw is PhotoFlaw.MISFIT]
    assert [(one.person, one.photo, one.other) for one in misfits] == [(ada, 3, eve)]
    assert "Photo 3 of Ada looks more like Eve" in flaw_sentence(
        misfits[0], {ada: "Ada", eve: "Eve"}
    )
    across = [one for one in flaws(house) if one.flaw is PhotoFlaw.DUPLICATE]
    assert {(one.person, one.other) for one in across} == {(ada, ada), (ada, eve)}


def test_one_person_under_two_names_is_taken_for_each_other() -> None:
    house = FakeHouse()
    ada, twin = enrol(house, "Ada", ADA), enrol(house, "Her twin", ADA)
    (taken,) = [one for one in flaws(house) if one.flaw is PhotoFlaw.TAKEN]
    assert {taken.person, taken.other} == {ada, twin}
    assert taken.fmr is not None
    assert taken.fmr < 1e-3
    # One picture of each, and the same: what is so in one direction is so in the other.
    assert taken.passes == taken.other_passes
    said = flaw_sentence(taken, {ada: "Ada", twin: "Her twin"})
    assert "Ada would pass for Her twin at most looks, Her twin for Ada at most looks" in said
    assert "If they are one person, remove one" in said


def test_each_direction_goes_by_the_photos_of_whoever_would_pass() -> None:
    """Of Ada one photo of two is Eve's; Eve's only one is near both of Ada's, pooled."""
    house = FakeHouse()
    ada, eve = enrol(house, "Ada", ADA, EVE), enrol(house, "Eve", EVE)
    (near,) = [one for one in flaws(house) if one.passes is not None]
    assert (near.person, near.other) == (ada, eve)
    alone = FakeHouse()
    enrol(alone, "Eve", EVE)
    enrol(alone, "Her twin", EVE)
    (same,) = [one for one in flaws(alone) if one.passes is not None]
    assert near.passes is not None
    assert same.passes is not None
    assert near.passes == pytest.approx(same.passes / 2, abs=0.01)
    assert near.other_passes != near.passes


def test_a_photo_that_the_encoder_cannot_use_is_named() -> None:
    house = FakeHouse()
    ada = enrol(house, "Ada", ADA, ADA)
    ids = [entry.id for entry in house.gallery.photo_entries(ada)]
    fresh = house.recogniser.embed(portrait(ADA), [fake_face(box=FACE_BOX)])[0]
    house.gallery.replace_templates("another", {ids[0]: fresh}, [ids[1]])
    yardstick = house.roster().yardstick(1e-4)
    (unused,) = check_photos(house.gallery, "another", yardstick)
    assert (unused.flaw, unused.person, unused.photo) == (PhotoFlaw.UNUSED, ada, 2)
