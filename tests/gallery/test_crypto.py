import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import StoreError
from accessctl.gallery.crypto import NONCE_BYTES, TAG_BYTES, associated_data, seal, unseal

KEY = bytes(range(32))


@given(plaintext=st.binary(max_size=300), key=st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_again(plaintext: bytes, key: bytes) -> None:
    place = associated_data("photo", "p1", "f1")
    sealed = seal(key, plaintext, place, os.urandom)
    assert unseal(key, sealed, place) == plaintext
    assert len(sealed) == len(plaintext) + NONCE_BYTES + TAG_BYTES


@given(plaintext=st.binary(max_size=40), data=st.data())
def test_any_flipped_bit_fails(plaintext: bytes, data: st.DataObject) -> None:
    place = associated_data("template", "p1", "f1")
    sealed = bytearray(seal(KEY, plaintext, place, os.urandom))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StoreError, match="damaged or altered"):
        unseal(KEY, bytes(sealed), place)


def test_the_layout_is_nonce_then_aes_gcm_with_tag() -> None:
    sealed = seal(KEY, b"face", b"place", lambda count: b"\x07" * count)
    assert sealed[:12] == b"\x07" * 12
    assert sealed[12:] == AESGCM(KEY).encrypt(b"\x07" * 12, b"face", b"place")


def test_a_record_moved_to_another_person_fails() -> None:
    sealed = seal(KEY, b"face", associated_data("photo", "p1", "f1"), os.urandom)
    with pytest.raises(StoreError):
        unseal(KEY, sealed, associated_data("photo", "p2", "f1"))


def test_another_key_fails() -> None:
    sealed = seal(KEY, b"face", b"", os.urandom)
    with pytest.raises(StoreError):
        unseal(bytes(32), sealed, b"")


@pytest.mark.parametrize("length", [0, 1, NONCE_BYTES + TAG_BYTES - 1])
def test_too_short_to_be_sealed(length: int) -> None:
    with pytest.raises(StoreError, match="damaged or altered"):
        unseal(KEY, bytes(length), b"")


def test_associated_data_keeps_parts_apart() -> None:
    assert associated_data("ab", "c") != associated_data("a", "bc")
    assert associated_data("ä") == b"\x00\x00\x00\x02\xc3\xa4"


def test_nonces_come_from_the_given_source() -> None:
    asked: list[int] = []

    def source(count: int) -> bytes:
        asked.append(count)
        return os.urandom(count)

    assert seal(KEY, b"x", b"", source) != seal(KEY, b"x", b"", source)
    assert asked == [12, 12]
