"""Controller numbers, kept in every gallery alike."""

import pytest

from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.gallery.people import People
from accessctl.gallery.person import (
    ControllerNumber,
    controller_number,
    number_from_bytes,
    number_to_bytes,
)
from tests.gallery.enrolled import enrol, refuse

NUMBER = ControllerNumber(4711, 23)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4711", ControllerNumber(4711)),
        (" 23:4711\n", NUMBER),
        ("0:0", ControllerNumber(0, 0)),
        (str((1 << 64) - 1), ControllerNumber((1 << 64) - 1)),
    ],
)
def test_a_controller_number_as_it_is_written(text: str, kept: ControllerNumber) -> None:
    assert controller_number(text) == kept
    assert number_from_bytes(number_to_bytes(kept)) == kept


@pytest.mark.parametrize("text", ["", "word", "23:", ":4711", "-4711", "1:2:3", "٤", str(1 << 64)])
def test_what_is_no_controller_number_is_not_repeated(text: str) -> None:
    with pytest.raises(InputError, match="FACILITY:NUMBER") as refused:
        controller_number(text)
    assert "4711" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[-1, null]", b'["1", 2]', b"[true, 1]"])
def test_other_bytes_are_no_controller_number(content: bytes) -> None:
    with pytest.raises(StoreError, match="accessctl controller set"):
        number_from_bytes(content)


def test_controller_numbers_are_kept_replaced_taken_away_and_go_with_the_person(
    gallery: People,
) -> None:
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    assert gallery.controller_number(grace) is None
    before = gallery.revision()
    gallery.set_controller_number(grace, NUMBER)
    gallery.set_controller_number(alan, ControllerNumber(1))
    assert gallery.revision() == before + 2
    gallery.set_controller_number(alan, NUMBER)
    assert (gallery.controller_number(grace), gallery.controller_number(alan)) == (NUMBER, NUMBER)
    gallery.set_controller_number(grace, None)
    assert gallery.controller_number(grace) is None
    gallery.remove("Alan")
    assert gallery.controller_number(alan) is None
    with pytest.raises(UnknownPersonError):
        gallery.set_controller_number(alan, NUMBER)
    with pytest.raises(StoreError, match="disk is full"):
        gallery.set_controller_number(grace, NUMBER, record=refuse)
    assert gallery.controller_number(grace) is None


def test_controller_numbers_are_sealed_to_their_person(open_at, folder) -> None:
    gallery = open_at()
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    gallery.set_controller_number(grace, ControllerNumber(987654321))
    gallery.close()
    assert b"987654321" not in b"".join(file.read_bytes() for file in folder.iterdir())
    again = open_at()
    assert again.controller_number(grace) == ControllerNumber(987654321)
    with again._database.writing() as db:
        db.execute(
            "INSERT INTO person_controller_number SELECT ?, sealed FROM person_controller_number",
            (alan,),
        )
    with pytest.raises(StoreError, match="altered"):
        again.controller_number(alan)
