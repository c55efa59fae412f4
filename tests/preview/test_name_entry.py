import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.preview.name_entry import MAX_LENGTH, NameEntry
from accessctl.preview.screen import CLOSED


def typed(*keys: int | str) -> NameEntry:
    entry = NameEntry()
    for key in keys:
        for code in [key] if isinstance(key, int) else map(ord, key):
            entry = entry.press(code)
    return entry


def test_typing_a_name() -> None:
    assert typed("Ada L", 13) == NameEntry("Ada L", done=True)
    assert typed("Ada", 10).done


def test_letters_of_latin_1() -> None:
    assert typed("Zoë Ångström").text == "Zoë Ångström"


@pytest.mark.parametrize("key", [8, 127])
def test_taking_back(key: int) -> None:
    assert typed("Adx", key, "a").text == "Ada"
    assert typed(key).text == ""


@pytest.mark.parametrize("blank", ["", " ", "   "])
def test_nothing_is_no_name(blank: str) -> None:
    assert not typed(blank, 13).done


def test_escape_gives_up() -> None:
    entry = typed("Ada", 27)
    assert entry.cancelled
    assert not entry.done


def test_keys_that_are_no_letters() -> None:
    # Tab, an arrow key's low byte, delete characters, a soft hyphen.
    assert typed("A", 9, 0, 1, 31, 0x80, 0x9F, 0xAD, CLOSED, "b").text == "Ab"


def test_a_name_does_not_grow_for_ever() -> None:
    assert len(typed("x" * (MAX_LENGTH + 50)).text) == MAX_LENGTH


@given(st.lists(st.integers(0, 300)))
def test_whatever_is_pressed_the_text_can_be_shown(keys: list[int]) -> None:
    entry = typed(*keys)
    assert entry.text.isprintable()
    assert len(entry.text) <= MAX_LENGTH
