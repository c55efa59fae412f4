import base64
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import GalleryKeyError, StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.sealing import (
    LOCAL_KEY,
    NONCE_BYTES,
    TAG_BYTES,
    associated_data,
    checked_embedding,
    embedding_from_bytes,
    embedding_to_bytes,
    embeddings_from_bytes,
    find_key,
    generate_key,
    seal,
    unseal,
)

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


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_no_key_anywhere(tmp_path: Path) -> None:
    assert find_key(tmp_path, {}) is None


@pytest.mark.parametrize("content", [KEY, base64.b64encode(KEY), base64.b64encode(KEY) + b"\n"])
def test_key_file_from_the_environment(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "k", content)
    assert find_key(tmp_path, {"ACCESSCTL_KEY_FILE": str(path)}) == KEY


def test_order_of_places(tmp_path: Path) -> None:
    named = write(tmp_path / "named", b"n" * 32)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    write(credentials / "accessctl-key", b"c" * 32)
    write(tmp_path / LOCAL_KEY, b"l" * 32)
    both = {"ACCESSCTL_KEY_FILE": str(named), "CREDENTIALS_DIRECTORY": str(credentials)}
    assert find_key(tmp_path, both) == b"n" * 32
    assert find_key(tmp_path, {"CREDENTIALS_DIRECTORY": str(credentials)}) == b"c" * 32
    assert find_key(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == b"l" * 32
    assert find_key(tmp_path, {}) == b"l" * 32


def test_a_named_key_that_is_missing_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path / LOCAL_KEY, KEY)
    with pytest.raises(GalleryKeyError, match="No such file"):
        find_key(tmp_path, {"ACCESSCTL_KEY_FILE": str(tmp_path / "gone")})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / LOCAL_KEY, KEY, mode)
    with pytest.raises(GalleryKeyError, match=f"chmod 600 {path}"):
        find_key(tmp_path, {})


def test_a_credential_may_show_group_permission(tmp_path: Path) -> None:
    write(tmp_path / "accessctl-key", KEY, 0o440)
    assert find_key(tmp_path / "x", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == KEY


@pytest.mark.parametrize(
    "content", [b"", b"short", b"x" * 33, base64.b64encode(b"x" * 31), b"!" * 44]
)
def test_what_is_not_a_key(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / LOCAL_KEY, content)
    with pytest.raises(GalleryKeyError, match="is not a gallery key"):
        find_key(tmp_path, {})


def test_a_folder_is_not_a_key(tmp_path: Path) -> None:
    with pytest.raises(GalleryKeyError, match="is not a file"):
        find_key(tmp_path, {"ACCESSCTL_KEY_FILE": str(tmp_path)})


def test_generated_key_is_private_found_again_and_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        key = generate_key(tmp_path, os.urandom)
    assert len(key) == 32
    assert (tmp_path / LOCAL_KEY).stat().st_mode & 0o777 == 0o600
    assert find_key(tmp_path, {}) == key
    assert "protects only a copied database" in caplog.text
    assert base64.b64encode(key).decode() not in caplog.text


def test_a_key_is_never_overwritten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / LOCAL_KEY, KEY)
    assert generate_key(tmp_path, os.urandom) == KEY
    assert (tmp_path / LOCAL_KEY).read_bytes() == KEY
    assert caplog.text == ""


def test_round_trip() -> None:
    vector = random_units(1, 128, seed=1)[0]
    assert len(embedding_to_bytes(vector)) == 512
    np.testing.assert_array_equal(embedding_from_bytes(embedding_to_bytes(vector)), vector)


@pytest.mark.parametrize(
    "vector",
    [np.zeros(4), np.array([1.0, 1.0]), np.array([np.nan, 1.0]), np.eye(2), np.empty(0)],
)
def test_what_is_no_embedding(vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match="an embedding"):
        checked_embedding(vector.astype(np.float32))


@pytest.mark.parametrize("data", [b"", b"123", bytes(8)])
def test_bytes_that_are_no_embedding(data: bytes) -> None:
    with pytest.raises(StoreError, match="not an embedding"):
        embedding_from_bytes(data)


@given(count=st.integers(0, 6), odd=st.integers(0, 5), seed=st.integers(0, 99))
def test_many_embeddings_come_back_as_each_by_itself(count: int, odd: int, seed: int) -> None:
    faces = [*random_units(count, 16, seed)]
    # A template of an encoder with another dimension is nothing to fail on here.
    faces[odd:odd] = [*random_units(1, 8, seed)] if odd < count else []
    kept = [embedding_to_bytes(face) for face in faces]
    for face, found in zip(faces, embeddings_from_bytes(kept), strict=True):
        np.testing.assert_array_equal(found, face)
        np.testing.assert_array_equal(found, embedding_from_bytes(embedding_to_bytes(face)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 2.0, 0.0])
def test_one_that_is_no_embedding_spoils_all_of_them(bad: float) -> None:
    faces = random_units(3, 16, seed=1)
    faces[1] = bad
    with pytest.raises(StoreError, match="not an embedding"):
        embeddings_from_bytes([face.tobytes() for face in faces])
    with pytest.raises(StoreError, match="not an embedding"):
        embeddings_from_bytes([b"", b""])
    with pytest.raises(StoreError, match="not an embedding"):
        embeddings_from_bytes([b"abc", b"def"])
