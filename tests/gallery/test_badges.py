"""What every gallery does with badges, and what stands for their numbers."""

import hmac
import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Person, PersonId
from accessctl.errors import BadgeTakenError, InputError, StoreError, UnknownPersonError
from accessctl.gallery.badges import Badge, badges_to_remove, clean_number, digest_of, mark_of
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import EmptyGallery, NewPhoto, People
from accessctl.gallery.store import Gallery

(FACE,) = random_units(1, 16, seed=1)
KEY = bytes(range(32))


def enrol(gallery: People, name: str) -> Person:
    photo = NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0)
    return gallery.add_person(name, photo)


def badge(gallery: People, person: Person, number: str, added: float = 5.0) -> Badge:
    made = Badge(person.id, gallery.badge_digest(number), added)
    gallery.add_badge(made)
    return made


def test_a_digest_is_the_hmac_of_the_number_under_a_key_of_its_own() -> None:
    derived = hmac.new(KEY, b"accessctl badge numbers", sha256).digest()
    assert digest_of(KEY, " 4711\t") == hmac.new(derived, b"4711", sha256).digest()
    assert digest_of(KEY, "04711") != digest_of(KEY, "4711")
    assert digest_of(bytes(32), "4711") != digest_of(KEY, "4711")
    assert mark_of(digest_of(KEY, "4711")) == digest_of(KEY, "4711").hex()[:8]


@pytest.mark.parametrize("text", ["", "  ", "x" * 129, "4\n7", "4\x007", "größe", "7\x7f"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(InputError, match="badge's number"):
        digest_of(KEY, text)


@given(st.text(max_size=140))
def test_a_number_is_what_a_reader_could_have_printed(text: str) -> None:
    try:
        number = clean_number(text)
    except InputError:
        return
    assert 1 <= len(number) <= 128
    assert number.isascii()
    assert number.isprintable()
    assert clean_number(number) == number


def test_a_person_may_have_several(gallery: People) -> None:
    grace = enrol(gallery, "Grace")
    second = badge(gallery, grace, "2", added=7.0)
    first = badge(gallery, grace, "1", added=6.0)
    assert gallery.badges() == [first, second]
    gallery.remove_badges(grace.id, [first])
    assert gallery.badges() == [second]


@pytest.mark.parametrize("other", ["Grace", "Ada"])
def test_a_badge_belongs_to_one_person_and_once(gallery: People, other: str) -> None:
    grace = enrol(gallery, "Grace")
    enrol(gallery, "Ada")
    kept = badge(gallery, grace, "1")
    revision = gallery.revision()
    again = Badge(gallery.person(other).id, kept.digest, 9.0)
    with pytest.raises(BadgeTakenError, match="belongs to somebody already"):
        gallery.add_badge(again)
    assert (gallery.badges(), gallery.revision()) == ([kept], revision)


def test_each_change_moves_the_revision_and_waits_for_its_record(gallery: People) -> None:
    grace = enrol(gallery, "Grace")
    before = gallery.revision()
    kept = badge(gallery, grace, "1")
    assert gallery.revision() > before

    def fail(_: object) -> None:
        raise StoreError("The disk is full.")

    with pytest.raises(StoreError):
        gallery.remove_badges(grace.id, [kept], record=fail)
    with pytest.raises(StoreError):
        gallery.add_badge(Badge(grace.id, gallery.badge_digest("2"), 1.0), record=fail)
    assert gallery.badges() == [kept]


def test_badges_go_with_their_person(gallery: People) -> None:
    grace = enrol(gallery, "Grace")
    badge(gallery, grace, "1")
    gallery.remove("Grace")
    assert gallery.badges() == []
    badge(gallery, enrol(gallery, "Ada"), "1")


def test_nobody_who_is_gone_gets_one(gallery: People) -> None:
    with pytest.raises(UnknownPersonError):
        gallery.add_badge(Badge(PersonId("0" * 32), gallery.badge_digest("1"), 1.0))
    with pytest.raises(UnknownPersonError):
        gallery.remove_badges(PersonId("0" * 32), [])


def test_other_peoples_badges_are_not_removed(gallery: People) -> None:
    grace, ada = enrol(gallery, "Grace"), enrol(gallery, "Ada")
    kept = badge(gallery, grace, "1")
    gallery.remove_badges(ada.id, [kept])
    assert gallery.badges() == [kept]


def test_badges_are_still_there_after_it_was_opened_anew(open_at) -> None:
    gallery = open_at()
    kept = badge(gallery, enrol(gallery, "Grace"), "4711")
    assert open_at().badges() == [kept]


def test_no_number_and_no_digest_lies_in_any_file(open_at, folder: Path) -> None:
    gallery = open_at()
    grace = enrol(gallery, "Grace")
    kept = badge(gallery, grace, "9876543210")
    badge(gallery, grace, "1")
    gallery.remove_badges(grace.id, [kept])
    gallery.close()
    content = b"".join(file.read_bytes() for file in folder.iterdir() if file.suffix != ".key")
    assert b"9876543210" not in content
    assert kept.digest not in content


def test_a_badge_that_was_moved_to_another_person_is_seen(open_at) -> None:
    gallery: Gallery = open_at()
    grace, ada = enrol(gallery, "Grace"), enrol(gallery, "Ada")
    badge(gallery, grace, "1")
    gallery._database._db.execute("UPDATE badge SET person = ?", (ada.id,))
    with pytest.raises(StoreError, match="damaged or altered"):
        gallery.badges()


def test_a_gallery_that_is_not_there_has_none() -> None:
    empty: People = EmptyGallery()
    assert empty.badges() == []
    with pytest.raises(UnknownPersonError):
        empty.add_badge(Badge(PersonId("p"), os.urandom(32), 1.0))


def test_badges_are_removed_by_their_mark_or_all() -> None:
    grace = Person(PersonId("p"), "Grace", 1, 0.0)
    one, two = (Badge(grace.id, bytes([n]) * 32, 1.0) for n in (1, 2))
    other = Badge(PersonId("q"), bytes([3]) * 32, 1.0)
    assert badges_to_remove(grace, [one, two, other], None) == [one, two]
    assert badges_to_remove(grace, [one, two, other], "02020202") == [two]
    for kept, mark in (([one], other.mark), ([other], None), ([], "01010101")):
        with pytest.raises(InputError, match="Grace has no badge"):
            badges_to_remove(grace, kept, mark)
