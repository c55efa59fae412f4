import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import BadNameError
from accessctl.gallery.names import clean_name, close_names, name_key


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
