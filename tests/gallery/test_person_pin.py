"""PINs: how they are hashed, and kept in every gallery alike."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId
from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.gallery.people import People
from accessctl.gallery.person import (
    PinHash,
    hash_pin,
    is_pin,
    pin_from_bytes,
    pin_matches,
    pin_to_bytes,
)
from tests.gallery.enrolled import KEPT, SALT, enrol


def test_the_hash_is_scrypt_with_what_is_kept() -> None:
    assert KEPT.salt == SALT
    assert (KEPT.cost, KEPT.block_size, KEPT.parallel) == (16384, 8, 1)
    assert KEPT.digest == hashlib.scrypt(b"270818", salt=SALT, n=16384, r=8, p=1, dklen=32)
    assert "270818" not in repr(KEPT)
    assert KEPT.digest.hex() not in repr(KEPT)


def test_only_the_same_digits_match() -> None:
    assert pin_matches("270818", KEPT)
    for other in ("270819", "2708180", "27081", "", "２７０８１８", " 270818"):
        assert not pin_matches(other, KEPT)


def test_older_parameters_still_count() -> None:
    digest = hashlib.scrypt(b"9042", salt=b"s", n=1024, r=4, p=2, dklen=32)
    assert pin_matches("9042", PinHash(b"s", digest, 1024, 4, 2))


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4", "", "１２３５", "12 4", "-123"])
def test_what_is_no_pin(pin: str) -> None:
    assert not is_pin(pin)
    with pytest.raises(InputError, match="4 to 12 digits"):
        hash_pin(pin, lambda count: SALT)


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "567890", "9012", "2109"])
def test_the_first_ones_that_anybody_tries(pin: str) -> None:
    with pytest.raises(InputError, match="first that anybody tries"):
        hash_pin(pin, lambda count: SALT)


@given(st.binary(min_size=1, max_size=32), st.binary(min_size=32, max_size=32))
def test_bytes_give_the_hash_back(salt: bytes, digest: bytes) -> None:
    kept = PinHash(salt, digest)
    assert pin_from_bytes(pin_to_bytes(kept)) == kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[1, 2, 3, 4, 5]",
        b'[16384, 8, 1, "00", "00"]',
        b'[16384, 8, 1, "00", "zz"]',
        json.dumps([1 << 30, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([-1, -1, 1, "00", "00" * 32]).encode(),
        json.dumps(["1", 8, 1, "00", "00" * 32]).encode(),
        json.dumps([3, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([1, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([16384.0, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([16384, True, 1, "00", "00" * 32]).encode(),
        b"[" * 100_000,
    ],
)
def test_other_bytes_are_no_pin(content: bytes) -> None:
    with pytest.raises(StoreError, match="set it again"):
        pin_from_bytes(content)


def test_pins_are_kept_replaced_taken_away_and_go_with_the_person(gallery: People) -> None:
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    assert gallery.pins() == {}
    before = gallery.revision()
    gallery.set_pin(grace, KEPT)
    gallery.set_pin(alan, PinHash(b"x", b"y" * 32))
    assert gallery.revision() == before + 2
    assert gallery.pins() == {grace: KEPT, alan: PinHash(b"x", b"y" * 32)}
    gallery.set_pin(alan, KEPT)
    gallery.set_pin(grace, None)
    assert gallery.pins() == {alan: KEPT}
    gallery.remove("Alan")
    assert gallery.pins() == {}


def test_a_pin_for_nobody(gallery: People) -> None:
    with pytest.raises(UnknownPersonError):
        gallery.set_pin(PersonId("0" * 32), KEPT)
    assert gallery.pins() == {}


def test_they_are_sealed_to_their_person(open_at, folder) -> None:
    gallery = open_at()
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    gallery.set_pin(grace, KEPT)
    gallery.close()
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    assert KEPT.digest not in content
    assert KEPT.digest.hex().encode() not in content
    again = open_at()
    assert again.pins() == {grace: KEPT}
    with again._database.writing() as db:
        db.execute("INSERT INTO person_pin SELECT ?, sealed FROM person_pin", (alan,))
    with pytest.raises(StoreError, match="altered"):
        again.pins()
