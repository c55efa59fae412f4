from pathlib import Path

import pytest

from accessctl.audit.append import End
from accessctl.errors import FaultError
from accessctl.hub.authority import open_authority
from accessctl.sync.identity import (
    KnownHub,
    keep_membership,
    load_membership,
    new_key,
    pending_key,
    signing_request,
)
from accessctl.sync.wire import head_statement

NOW = 1_800_000_000.0
DOOR = "0123456789abcdef" * 2


def member_in(folder: Path):
    authority = open_authority(folder.parent / "hub", {}, lambda: NOW)
    key = pending_key(folder)
    issued = authority.certify_door(DOOR, signing_request(key))
    hub = KnownHub(
        name="front",
        authority=authority.pem,
        receipts=authority.receipts_key,
    )
    keep_membership(folder, key, issued.pem, hub)
    return load_membership(folder)


def test_a_door_that_has_joined_nothing(tmp_path: Path) -> None:
    assert load_membership(tmp_path / "sync") is None
    assert not (tmp_path / "sync").exists()


def test_what_is_kept_is_private_and_read_back(tmp_path: Path) -> None:
    member = member_in(tmp_path / "sync")
    assert (member.door, member.hub.name, member.expires) == (DOOR, "front", NOW + 90 * 86400)
    assert {file.name for file in member.folder.iterdir()} == {"door.pem", "hub.json"}
    assert {file.stat().st_mode & 0o777 for file in member.folder.iterdir()} == {0o600}
    assert member.folder.stat().st_mode & 0o777 == 0o700


def test_how_much_of_its_certificates_life_is_left(tmp_path: Path) -> None:
    """It began a day before it was issued."""
    member = member_in(tmp_path / "sync")
    assert member.left(NOW - 86400) == pytest.approx(1)
    assert member.left(NOW + 44.5 * 86400) == pytest.approx(0.5)
    assert member.left(NOW + 91 * 86400) < 0


def test_what_a_door_signs_is_its_own(tmp_path: Path) -> None:
    member, end = member_in(tmp_path / "sync"), End(7, bytes(32))
    signature = bytes.fromhex(member.sign_head(end))
    member.key.public_key().verify(signature, head_statement(DOOR, end))
    assert head_statement(DOOR, end) != head_statement(DOOR, End(8, bytes(32)))
    assert head_statement(DOOR, end) != head_statement("f" * 32, end)


def test_the_key_to_join_with_stays_until_it_has(tmp_path: Path) -> None:
    first, again = pending_key(tmp_path), pending_key(tmp_path)
    assert first.private_bytes_raw() == again.private_bytes_raw()


@pytest.mark.parametrize("file", ["hub.json", "door.pem"])
def test_damaged_files_are_one_sentence(tmp_path: Path, file: str) -> None:
    member = member_in(tmp_path / "sync")
    (member.folder / file).write_bytes(b"\xff{")
    with pytest.raises(FaultError, match=r"is damaged; join again: accessctl join"):
        load_membership(member.folder)


def test_files_that_others_can_read_are_refused(tmp_path: Path) -> None:
    member = member_in(tmp_path / "sync")
    (member.folder / "door.pem").chmod(0o644)
    with pytest.raises(FaultError, match="can be read by other users; run: chmod 600"):
        load_membership(member.folder)


def test_keys_are_not_alike() -> None:
    assert new_key().private_bytes_raw() != new_key().private_bytes_raw()
