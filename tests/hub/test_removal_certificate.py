"""A certificate of deletion, as whoever gets it checks it: without the hub, and with suspicion."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import HubConfig
from accessctl.errors import InputError
from accessctl.hub.authority import open_authority
from accessctl.hub.cluster import free_port
from accessctl.hub.removal_certificate import (
    MAX_BYTES,
    certificate_bytes,
    certified,
    in_words,
    read_certificate,
    told_of,
    verify_certificate,
)
from tests.hub.made_tables import with_tables
from tests.hub.test_door_feed import enrol
from tests.hub.test_removals import receipt, taken


@pytest.fixture
def hub_config(tmp_path: Path) -> HubConfig:
    """Of a hub with its embedded database: nothing here asks the database for anything."""
    made = HubConfig(folder=tmp_path / "hub", host="127.0.0.1", port=free_port())
    return with_tables(made)


@pytest.fixture
def removed(hub, joined, clock) -> str:
    """The id of somebody who was removed: front has signed for it, back owes it."""
    front, back = joined("front"), joined("back")
    grace = enrol(hub, "Grace")
    clock.time += 10
    hub.people.remove("Grace")
    clock.time += 10
    assert taken(hub, front, receipt(front, grace, hub.people.revision())) == 1
    assert back.member.door
    return grace


def test_it_says_and_proves_what_was_deleted(hub, removed, clock) -> None:
    content = certificate_bytes(hub.certifier.certify(removed, "ada"))
    certificate = read_certificate(content)
    assert verify_certificate(certificate) == hub.authority.fingerprint
    facts = certificate.facts
    assert (facts.person, facts.removed, facts.made) == (removed, clock.time - 10, clock.time)
    assert [(door.name, door.state) for door in facts.doors] == [
        ("back", "owes"),
        ("front", "signed"),
    ]
    words = "\n".join(in_words(facts))
    assert certificate.text == in_words(facts)
    assert "Still owing a receipt: back." in words
    assert "all face templates" in words
    assert "Grace" not in content.decode("ascii")
    assert json.dumps(told_of(certificate)).count("BEGIN CERTIFICATE") == 0


def edited(hub, removed: str, edit: Callable[[dict[str, Any]], object], sign: bool) -> bytes:
    """The certificate after somebody changed it; `sign`: and had the hub's key."""
    told = json.loads(certificate_bytes(hub.certifier.certify(removed, "ada")))
    edit(told)
    if sign:
        facts = read_certificate(json.dumps(told).encode()).facts
        told["signature"] = hub.authority.sign_document(certified(facts))
    return json.dumps(told).encode()


def says_signed(told: dict[str, Any]) -> None:
    told["facts"]["doors"][0]["state"] = "signed"


def says_another(told: dict[str, Any]) -> None:
    told["facts"]["person"] = "cd" * 16


@pytest.mark.parametrize(
    "edit",
    [
        says_signed,
        says_another,
        lambda told: told["facts"].update(removed=1.0),
        lambda told: told["facts"]["doors"].pop(),
        lambda told: told["facts"].update(kept=["nothing"]),
        lambda told: told.update(signature="00" * 70),
    ],
    ids=["signed", "another", "time", "door", "kept", "signature"],
)
def test_a_certificate_that_was_changed_is_refused(hub, removed, edit) -> None:
    with pytest.raises(InputError, match="not what the hub's authority signed"):
        verify_certificate(read_certificate(edited(hub, removed, edit, sign=False)))


def of_the_other_door(told: dict[str, Any]) -> None:
    """The receipt of front under the name and id of back."""
    back, front = told["facts"]["doors"]
    front["id"] = back["id"]


def without_receipt(told: dict[str, Any]) -> None:
    told["facts"]["doors"][1]["signature"] = None


def of_no_certificate(told: dict[str, Any]) -> None:
    told["facts"]["doors"][1]["certificate"] = "-----BEGIN"


def of_the_authority_itself(told: dict[str, Any]) -> None:
    told["facts"]["doors"][1]["certificate"] = told["facts"]["authority"]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (says_signed, "is not there"),
        (says_another, "not signed by that door"),
        (of_the_other_door, "not signed by that door"),
        (without_receipt, "is not there"),
        (of_no_certificate, "cannot be read"),
        (of_the_authority_itself, "not signed by that door"),
        (lambda told: told["facts"]["doors"][1].update(seq=77), "not signed by that door"),
        (lambda told: told["facts"]["doors"][1].update(time=77.0), "not signed by that door"),
    ],
    ids=["signed", "another", "door", "none", "pem", "authority", "seq", "time"],
)
def test_not_even_the_hub_can_say_for_a_door_that_it_deleted(hub, removed, edit, problem) -> None:
    with pytest.raises(InputError, match=problem):
        verify_certificate(read_certificate(edited(hub, removed, edit, sign=True)))


def test_another_authority_has_another_fingerprint(hub, removed, tmp_path) -> None:
    other = open_authority(tmp_path / "other", {}, hub.now)
    told = json.loads(certificate_bytes(hub.certifier.certify(removed, "ada")))
    told["facts"]["authority"] = other.pem
    told["facts"]["doors"] = [told["facts"]["doors"][0]]
    facts = read_certificate(json.dumps(told).encode()).facts
    told["signature"] = other.sign_document(certified(facts))
    found = verify_certificate(read_certificate(json.dumps(told).encode()))
    assert found == other.fingerprint != hub.authority.fingerprint


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_other_file_is_none(content: bytes) -> None:
    with pytest.raises(InputError, match="no certificate of deletion"):
        read_certificate(content)


def test_a_file_without_end_is_none() -> None:
    with pytest.raises(InputError, match="larger than any"):
        read_certificate(b"[" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="no certificate"):
        read_certificate(b"[" * MAX_BYTES)
