import pytest

from accessctl.domain import Person, PersonId
from accessctl.errors import StoreError
from accessctl.gallery.person_row import person_of

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
