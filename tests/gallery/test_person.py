"""Names, and what every gallery does with a person, in SQLite and in memory alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Person, PersonId, PersonRules
from accessctl.errors import BadNameError, StoreError
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.person import clean_name, close_names, name_key, person_of
from tests.gallery.enrolled import FACE, KEPT, enrol, refuse

RULES = PersonRules(disabled=True)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("  Grace Hopper ", "Grace Hopper"),
        ("Grace   Hopper", "Grace Hopper"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u674e\u5c0f\u9f99", "\u674e\u5c0f\u9f99"),
        ("x" * 100, "x" * 100),
    ],
)
def test_names_as_they_are_kept(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("\u00a0\u2003", "empty"),
        ("x" * 101, "101 characters; use at most 100"),
        ("a\nb", "control characters"),
        ("a\x00", "control characters"),
        ("a\tb", "control characters"),
        ("\u202eecarg", "control characters"),
        ("a\u2028b", "control characters"),
        ("\udcff", "control characters"),
    ],
)
def test_names_refused(name: str, complaint: str) -> None:
    with pytest.raises(BadNameError, match=complaint):
        clean_name(name)


def test_a_refused_name_can_be_printed() -> None:
    with pytest.raises(BadNameError) as caught:
        clean_name("\udcff")
    str(caught.value).encode("utf-8")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "aNN"),
        ("STRASSE", "stra\u00dfe"),
        ("Zo\u00eb", "ZOE\u0308"),
        ("\u0391\u03a3", "\u03b1\u03c2"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_different_names() -> None:
    assert name_key("Ann") != name_key("Anne")


@given(st.text(max_size=120))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = clean_name(text)
    except BadNameError:
        return
    assert clean_name(once) == once
    assert 1 <= len(once) <= 100
    assert once.isprintable() or any(not c.isprintable() for c in once)
    assert name_key(once) == name_key(name_key(once))


def test_close_names_first() -> None:
    known = ["Grace Hopper", "Eileen Collins", "Greg Hooper"]
    assert close_names("grace hoper", known)[0] == "Grace Hopper"
    assert close_names("Zebra", known) == []


ROW = ("0" * 32, "Zoë", 2, 1.5e9)


def test_a_row_is_a_person() -> None:
    assert person_of(ROW) == Person(PersonId("0" * 32), "Zoë", 2, 1.5e9)


@pytest.mark.parametrize("name", [None, 1, b"Zoe", "", "a\x1b[2J", "a\nb", "\u202eeoZ", "x" * 101])
def test_a_name_that_nobody_can_have_is_damage(name: object) -> None:
    with pytest.raises(StoreError, match="impossible id, name or date"):
        person_of((ROW[0], name, 2, 1.5e9))


@pytest.mark.parametrize("enrolled", [None, "x", -1.0, 1e308, float("inf"), float("nan")])
def test_a_moment_that_cannot_be_is_damage(enrolled: object) -> None:
    with pytest.raises(StoreError, match="impossible id, name or date"):
        person_of((ROW[0], "Zoë", 2, enrolled))


def test_an_id_that_is_none_is_damage() -> None:
    with pytest.raises(StoreError, match="impossible id, name or date"):
        person_of((None, "Zoë", 2, 1.5e9))


def test_nothing_is_kept_without_its_record(gallery: People) -> None:
    grace = enrol(gallery)
    gallery.set_pin(grace, KEPT)
    before = gallery.revision(), gallery.people(), gallery.pins(), gallery.rules()
    changes = [
        lambda: gallery.add_person(
            "Alan",
            NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0),
            record=refuse,
        ),
        lambda: gallery.add_photo(
            grace,
            NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0),
            record=refuse,
        ),
        lambda: gallery.set_pin(grace, None, record=refuse),
        lambda: gallery.set_rules(grace, gallery.rules().get(grace, RULES), record=refuse),
        lambda: gallery.rename("Grace", "G", record=refuse),
        lambda: gallery.remove("Grace", record=refuse),
    ]
    for change in changes:
        with pytest.raises(StoreError, match="disk is full"):
            change()
    assert (gallery.revision(), gallery.people(), gallery.pins(), gallery.rules()) == before
    assert len(gallery.templates("e1")) == 1
    recorded: list[PersonId] = []
    alan = gallery.add_person(
        "Alan",
        NewPhoto(jpeg=b"j", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0),
        record=recorded.append,
    )
    assert recorded == [alan.id]
