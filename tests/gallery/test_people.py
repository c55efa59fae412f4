"""What every gallery does, the one in SQLite and the one in memory alike."""

import numpy as np
import pytest

from accessctl.domain import PersonId, PersonRules
from accessctl.errors import (
    BadNameError,
    LastPhotoError,
    NameTakenError,
    StoreError,
    UnknownPersonError,
    UnknownPhotoError,
)
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import EmptyGallery, NewPhoto, People
from accessctl.gallery.schema import goes_on_from

FACES = random_units(9, 16, seed=1)


def add(gallery: People, name: str, face: int = 0, fingerprint: str = "e1"):
    return gallery.add_person(
        name,
        NewPhoto(
            jpeg=b"jpeg %d" % face,
            embedding=FACES[face],
            fingerprint=fingerprint,
            quality=0.5,
            added=100.0,
        ),
    )


def test_enrolling(gallery: People) -> None:
    person = add(gallery, " Grace ")
    assert (person.name, person.photos, person.enrolled) == ("Grace", 1, 100.0)
    assert len(person.id) == 32
    assert gallery.people() == [person]
    assert gallery.person("gRACE") == person
    (template,) = gallery.templates("e1")
    assert template.person == person.id
    assert template.quality == 0.5
    np.testing.assert_array_equal(template.embedding, FACES[0])
    (photo,) = gallery.photos()
    assert (photo.person, photo.jpeg, photo.quality) == (person.id, b"jpeg 0", 0.5)


def test_photos_have_numbers_and_one_can_be_taken_out(gallery: People) -> None:
    person = add(gallery, "Grace")
    for added, face in ((300.0, 2), (200.0, 1)):
        gallery.add_photo(
            person.id,
            NewPhoto(
                jpeg=b"more",
                embedding=FACES[face],
                fingerprint="e1",
                quality=0.25,
                added=added,
            ),
        )
    entries = gallery.photo_entries(person.id)
    assert [(entry.number, entry.added) for entry in entries] == [(1, 100), (2, 200), (3, 300)]
    assert gallery.photo_entries(PersonId("nobody")) == []
    revision, told = gallery.revision(), []
    left = gallery.remove_photo("grace", 2, record=told.append)
    assert (left.photos, told) == (2, [person.id])
    assert gallery.revision() > revision
    kept = [template.embedding for template in gallery.templates("e1")]
    assert all(np.abs(embedding - FACES[1]).max() > 0.01 for embedding in kept)
    assert [entry.id for entry in gallery.photo_entries(person.id)] == [
        entries[0].id,
        entries[2].id,
    ]
    with pytest.raises(UnknownPhotoError, match="has 2 photos and no number 3"):
        gallery.remove_photo("Grace", 3)
    gallery.remove_photo("Grace", 2)
    with pytest.raises(LastPhotoError):
        gallery.remove_photo("Grace", 1)
    assert gallery.person("Grace").photos == 1


def test_a_photo_stays_whose_removal_cannot_be_recorded(gallery: People) -> None:
    person = add(gallery, "Grace")
    gallery.add_photo(
        person.id,
        NewPhoto(jpeg=b"2", embedding=FACES[1], fingerprint="e1", quality=0.25, added=200.0),
    )

    def refuse(_: PersonId) -> None:
        raise StoreError("full")

    with pytest.raises(StoreError, match="full"):
        gallery.remove_photo("Grace", 1, record=refuse)
    assert len(gallery.photo_entries(person.id)) == 2


@pytest.mark.parametrize(
    "name", ["Grac\u0435 Hopper", "Grace\u00a0Hopper", "\uff27race hopper", "GR\u0410CE HOPPER"]
)
def test_a_name_that_looks_like_somebody_s_is_refused_and_names_them(
    gallery: People, name: str
) -> None:
    add(gallery, "Grace Hopper")
    add(gallery, "Ada", 1)
    revision = gallery.revision()
    with pytest.raises(NameTakenError, match="looks like 'Grace Hopper', who is enrolled"):
        add(gallery, name, 2)
    with pytest.raises(NameTakenError, match="looks like 'Grace Hopper'"):
        gallery.rename("Ada", name)
    assert gallery.revision() == revision
    # Oneself may be spelt otherwise.
    assert gallery.rename("Grace Hopper", name).photos == 1


@pytest.mark.parametrize("name", ["Gra\u200bce", "Grace\u3164", "\ufeffGrace", "Gr\u00adace"])
def test_a_name_with_something_unseen_is_refused_and_says_what(gallery: People, name: str) -> None:
    with pytest.raises(BadNameError, match=r"not seen \(U\+[0-9A-F]{4} [A-Z -]+\); leave it out"):
        add(gallery, name)
    assert gallery.people() == []


def test_emoji_stay_in_names(gallery: People) -> None:
    name = "Ada \U0001f469\U0001f3fd\u200d\U0001f4bb"
    assert add(gallery, name).name == name
    assert gallery.person(name).name == name


def test_an_older_version_s_names_can_still_be_found_and_changed(open_at) -> None:
    gallery = open_at()
    add(gallery, "Grace")
    add(gallery, "Eve", 1)
    gallery._database._db.execute(
        "UPDATE person SET name = ?, name_key = ? WHERE name = 'Eve'",
        ("Gra\u200bce", "gra\u200bce"),
    )
    assert {person.name for person in gallery.people()} == {"Grace", "Gra\u200bce"}
    assert gallery.rename("Gra\u200bce", "Eve").name == "Eve"


def test_people_are_listed_by_name(gallery: People) -> None:
    for name in ("bob", "Cleo", "ann"):
        add(gallery, name)
    assert [person.name for person in gallery.people()] == ["ann", "bob", "Cleo"]


def test_one_more_photo(gallery: People) -> None:
    person = add(gallery, "Grace")
    updated = gallery.add_photo(
        person.id,
        NewPhoto(jpeg=b"second", embedding=FACES[1], fingerprint="e1", quality=0.25, added=200.0),
    )
    assert (updated.photos, updated.enrolled) == (2, 100.0)
    assert gallery.people() == [updated]
    assert [template.quality for template in gallery.templates("e1")] == [0.5, 0.25]


def test_a_photo_for_nobody(gallery: People) -> None:
    with pytest.raises(UnknownPersonError, match="not enrolled any more"):
        gallery.add_photo(
            PersonId("0" * 32),
            NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e1", quality=0.5, added=1.0),
        )
    assert list(gallery.photos()) == []


@pytest.mark.parametrize("name", ["Grace", "grace", " GRACE "])
def test_a_name_is_taken_once(gallery: People, name: str) -> None:
    first = add(gallery, "Grace")
    before = gallery.revision()
    with pytest.raises(NameTakenError, match="'Grace' is enrolled already"):
        add(gallery, name, 1)
    assert gallery.people() == [first]
    assert len(gallery.templates("e1")) == 1
    assert gallery.revision() == before


def test_a_bad_name_changes_nothing(gallery: People) -> None:
    with pytest.raises(BadNameError):
        add(gallery, "a\nb")
    assert gallery.people() == []


@pytest.mark.parametrize("bad", [FACES[0] * 2, FACES[:2], np.full(16, np.nan, np.float32)])
def test_a_bad_embedding_changes_nothing(gallery: People, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="embedding"):
        gallery.add_person(
            "Grace", NewPhoto(jpeg=b"x", embedding=bad, fingerprint="e1", quality=0.5, added=1.0)
        )
    assert gallery.people() == []
    assert list(gallery.photos()) == []


def test_rename(gallery: People) -> None:
    person = add(gallery, "Grace")
    add(gallery, "Eileen", 1)
    renamed = gallery.rename("grace", "Grace H.")
    assert (renamed.id, renamed.name, renamed.photos) == (person.id, "Grace H.", 1)
    assert gallery.person("Grace H.") == renamed
    with pytest.raises(UnknownPersonError):
        gallery.person("Grace")
    with pytest.raises(NameTakenError):
        gallery.rename("Grace H.", "EILEEN")
    with pytest.raises(UnknownPersonError):
        gallery.rename("Nobody", "X")
    assert [p.name for p in gallery.people()] == ["Eileen", "Grace H."]


def test_rename_may_change_only_the_case(gallery: People) -> None:
    add(gallery, "grace")
    assert gallery.rename("grace", "Grace").name == "Grace"


def test_remove(gallery: People) -> None:
    add(gallery, "Grace")
    other = add(gallery, "Eileen", 1)
    assert gallery.remove("GRACE").name == "Grace"
    assert gallery.people() == [other]
    assert [template.person for template in gallery.templates("e1")] == [other.id]
    assert [photo.person for photo in gallery.photos()] == [other.id]
    with pytest.raises(UnknownPersonError):
        gallery.remove("Grace")


def test_every_change_moves_the_revision(gallery: People) -> None:
    seen = [gallery.revision()]
    person = add(gallery, "Grace")
    seen.append(gallery.revision())
    gallery.add_photo(
        person.id, NewPhoto(jpeg=b"2", embedding=FACES[1], fingerprint="e1", quality=0.5, added=1.0)
    )
    seen.append(gallery.revision())
    gallery.rename("Grace", "G")
    seen.append(gallery.revision())
    gallery.replace_templates("e2", {photo.id: FACES[3] for photo in gallery.photos()})
    seen.append(gallery.revision())
    gallery.remove("G")
    seen.append(gallery.revision())
    assert seen == sorted(set(seen))


def test_templates_belong_to_an_encoder(gallery: People) -> None:
    add(gallery, "Grace")
    assert gallery.templates("e2") == []
    assert gallery.outdated("e1") == 0
    assert gallery.outdated("e2") == 1


def test_replacing_templates(gallery: People) -> None:
    add(gallery, "Grace", 0)
    add(gallery, "Eileen", 1)
    fresh = {photo.id: FACES[4] for photo in gallery.photos()}
    gallery.replace_templates("e2", {**fresh, "gone": FACES[5]})
    assert gallery.templates("e1") == []
    for template in gallery.templates("e2"):
        np.testing.assert_array_equal(template.embedding, FACES[4])
    assert len(gallery.templates("e2")) == 2
    assert gallery.outdated("e2") == 0


def test_replacing_fails_whole_when_somebody_came_meanwhile(gallery: People) -> None:
    add(gallery, "Grace", 0)
    fresh = {photo.id: FACES[4] for photo in gallery.photos()}
    add(gallery, "Eileen", 1)
    with pytest.raises(StoreError, match="enrolled while"):
        gallery.replace_templates("e2", fresh)
    assert len(gallery.templates("e1")) == 2
    assert gallery.templates("e2") == []


def test_somebody_who_came_with_the_new_encoder_stays(gallery: People) -> None:
    add(gallery, "Grace", 0)
    fresh = {photo.id: FACES[4] for photo in gallery.photos()}
    late = add(gallery, "Eileen", 1, "e2")
    gallery.replace_templates("e2", fresh)
    kept = {t.person: t.embedding for t in gallery.templates("e2")}
    np.testing.assert_array_equal(kept[late.id], FACES[1])
    assert len(kept) == 2


def test_a_photo_that_cannot_be_renewed_may_be_skipped(gallery: People) -> None:
    add(gallery, "Grace", 0)
    (photo,) = gallery.photos()
    gallery.replace_templates("e2", {}, skipped=[photo.id])
    assert gallery.templates("e2") == []
    assert gallery.templates("e1") == []
    assert gallery.outdated("e2") == 0
    assert gallery.outdated("e3") == 1
    assert [person.photos for person in gallery.people()] == [1]


def test_a_bad_embedding_replaces_nothing(gallery: People) -> None:
    add(gallery, "Grace", 0)
    add(gallery, "Eileen", 1)
    one, two = (photo.id for photo in gallery.photos())
    with pytest.raises(ValueError, match="embedding"):
        gallery.replace_templates("e2", {one: FACES[4], two: FACES[4] * 3})
    assert len(gallery.templates("e1")) == 2
    assert gallery.templates("e2") == []


def test_the_fake_has_every_method_of_the_protocol() -> None:
    wanted = {name for name in vars(People) if not name.startswith("_")}
    assert len(wanted) == 28
    assert wanted <= set(dir(MemoryGallery()))


def test_in_a_gallery_that_is_not_there_is_nobody() -> None:
    empty: People = EmptyGallery()
    assert empty.people() == empty.templates("e1") == list(empty.photos()) == []
    assert empty.photo_entries(PersonId("p")) == []
    assert empty.rules() == empty.pins() == {}
    assert (empty.revision(), empty.outdated("e1"), empty.place) == (0, 0, "")
    assert goes_on_from(empty, empty.mark())
    assert empty.head_at(0) is None
    empty.replace_templates("e1", {})
    empty.close()


def test_a_gallery_that_is_not_there_knows_no_name() -> None:
    empty: People = EmptyGallery()
    for asked in (
        lambda: empty.person("Zoë"),
        lambda: empty.rename("Zoë", "Zoe"),
        lambda: empty.remove("Zoë", record=print),
        lambda: empty.remove_photo("Zoë", 1),
    ):
        with pytest.raises(UnknownPersonError, match=r"^Nobody called 'Zoë' is enrolled"):
            asked()
    with pytest.raises(BadNameError, match="empty"):
        empty.person(" ")
    assert empty.free_name(" Zoë  B ") == "Zoë B"


def test_a_gallery_that_is_not_there_takes_nobody_in() -> None:
    empty: People = EmptyGallery()
    photo = NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e1", quality=1.0, added=1.0)
    with pytest.raises(StoreError, match="no gallery to enrol anybody in"):
        empty.add_person("Zoë", photo)
    for change in (
        lambda: empty.add_photo(PersonId("p"), photo),
        lambda: empty.set_rules(PersonId("p"), PersonRules(disabled=True)),
        lambda: empty.set_pin(PersonId("p"), None),
        lambda: empty.set_controller_number(PersonId("p"), None),
    ):
        with pytest.raises(UnknownPersonError, match="not enrolled any more"):
            change()
