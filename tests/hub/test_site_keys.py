import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from accessctl.errors import InputError, StoreError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.site_keys import SITE_FILE, SiteKeys, open_site_keys
from accessctl.sync.site_sealing import seal_photo, unwrap_site_key

KEYS = SiteKeys(bytes(range(32)))
DOOR = "0" * 32


def test_each_purpose_has_a_key_of_its_own() -> None:
    made = {
        KEYS.site_key(1),
        KEYS.site_key(2),
        KEYS.badge_key,
        KEYS.proof(1),
        KEYS.proof(2),
        KEYS.name_tag("Grace"),
        bytes.fromhex(KEYS.photos),
        SiteKeys(bytes(32)).site_key(1),
    }
    assert len(made) == 8
    assert SiteKeys(bytes(range(32))).site_key(1) == KEYS.site_key(1)


def test_a_door_unwraps_what_was_wrapped_for_it() -> None:
    box = X25519PrivateKey.generate()
    wrapped = KEYS.wrapped([1, 2], DOOR, box.public_key().public_bytes_raw().hex())
    assert {n: unwrap_site_key(text, n, DOOR, box) for n, text in wrapped.items()} == {
        1: KEYS.site_key(1),
        2: KEYS.site_key(2),
    }
    with pytest.raises(StoreError):
        unwrap_site_key(wrapped[1], 1, "1" * 32, box)


def test_a_public_key_that_is_none_is_the_doors_mistake() -> None:
    with pytest.raises(InputError, match="public key that was sent is none"):
        KEYS.wrapped([1], DOOR, "00" * 32)


def test_names_are_told_apart_as_a_gallery_does() -> None:
    assert KEYS.name_tag("Zoë") == KEYS.name_tag("ZOE\u0308")
    assert KEYS.name_tag("Zoë") != KEYS.name_tag("Zoe")


def test_photos_are_sealed_to_the_hub() -> None:
    assert KEYS.open_photo(seal_photo(b"jpeg", "ab" * 16, KEYS.photos), "ab" * 16) == b"jpeg"


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    made = open_site_keys(tmp_path, {}, {}, os.urandom)
    again = open_site_keys(tmp_path, {}, {1: made.proof(1)}, os.urandom)
    assert again.site_key(1) == made.site_key(1)
    assert (tmp_path / SITE_FILE).stat().st_mode & 0o777 == 0o600


def test_a_credential_is_taken_before_the_folder_s(tmp_path: Path) -> None:
    (tmp_path / "accessctl-hub-site").write_bytes(bytes(range(32)))
    found = open_site_keys(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, {}, os.urandom)
    assert found.site_key(1) == KEYS.site_key(1)
    assert not (tmp_path / SITE_FILE).exists()


def test_none_is_made_where_the_database_knows_one(hub: Hub, hub_config, clock) -> None:
    file = hub_config.folder / SITE_FILE
    kept = file.read_bytes()
    file.unlink()
    with (
        pytest.raises(StoreError, match="has people, but their key is not there; restore"),
        open_hub(hub_config, {}, now=clock),
    ):
        pass
    assert not file.exists()
    file.touch(0o600)
    file.write_bytes(bytes(32))
    with (
        pytest.raises(StoreError, match="another one than that of the hub's database"),
        open_hub(hub_config, {}, now=clock),
    ):
        pass
    file.write_bytes(kept)
    with open_hub(hub_config, {}, now=clock) as again:
        assert again.people.people() == []
