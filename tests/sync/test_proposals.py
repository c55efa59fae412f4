"""Changes that a door proposes, as text and back."""

import base64

import numpy as np
import pytest

from accessctl.errors import InputError
from accessctl.gallery.people import People
from accessctl.sync.proposals import (
    KINDS,
    AddBadge,
    AddPerson,
    NewSitePhoto,
    Remove,
    SetPin,
    change_of,
    read_proposal,
)

PHOTO = NewSitePhoto(
    photo="0" * 32,
    sealed="AAAA",
    quality=0.5,
    added=1000.0,
    fingerprint="f" * 64,
    embedding=base64.b64encode(np.array([0.6, 0.8], "<f4").tobytes()).decode("ascii"),
)


@pytest.mark.parametrize(
    "proposed",
    [AddPerson(name="Ada", photo=PHOTO), Remove(), SetPin(pin=None)],
    ids=["add_person", "remove", "set_pin"],
)
def test_a_proposal_is_read_as_it_was_written(proposed: AddPerson | Remove | SetPin) -> None:
    assert read_proposal(change_of(proposed), proposed.model_dump_json()) == proposed


def test_each_change_is_a_method_of_a_gallery() -> None:
    assert all(hasattr(People, change) for change in KINDS)


def test_the_embedding_of_a_proposed_photo_is_a_unit_vector() -> None:
    assert PHOTO.vector().tolist() == pytest.approx([0.6, 0.8])
    with pytest.raises(InputError, match="embedding"):
        PHOTO.model_copy(update={"embedding": "AACAPwAAgD8="}).vector()


@pytest.mark.parametrize(
    ("change", "data"),
    [
        ("people", "{}"),
        ("remove", '{"name": "Ada"}'),
        ("remove", "[]"),
        ("remove", "{"),
        ("add_badge", '{"digest": "00", "added": 0}'),
        ("add_badge", '{"digest": "' + "0" * 64 + '", "added": -1}'),
        ("set_pin", "{}"),
    ],
    ids=["unknown", "too much", "a list", "half", "short digest", "no moment", "nothing"],
)
def test_what_is_no_proposal_is_refused(change: str, data: str) -> None:
    with pytest.raises(InputError, match="door proposed"):
        read_proposal(change, data)


def test_secrets_are_not_in_what_a_log_would_show() -> None:
    badge = AddBadge(digest="ab" * 32, added=0.0)
    assert "abab" not in repr(badge)
    assert PHOTO.embedding not in repr(AddPerson(name="Ada", photo=PHOTO))
