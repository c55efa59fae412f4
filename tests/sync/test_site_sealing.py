import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from accessctl.errors import StoreError
from accessctl.sync.site_sealing import (
    from_base64,
    open_document,
    open_photo,
    rewrapped,
    seal_document,
    seal_photo,
    unwrap_site_key,
    wrap_site_key,
)

SITE_KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
DOOR, OTHER_DOOR = "0" * 32, "1" * 32
PERSON, OTHER_PERSON = "a" * 32, "b" * 32


def sealed(content=b"who they are"):
    return seal_document(content, "person", PERSON, (3, SITE_KEY), os.urandom)


def test_a_document_comes_back_by_its_site_key():
    assert open_document(sealed(), "person", PERSON, SITE_KEY) == b"who they are"


def test_the_same_document_is_never_sealed_alike():
    assert sealed().content != sealed().content
    assert sealed().wrapped != sealed().wrapped


@pytest.mark.parametrize(
    ("kind", "subject", "key"),
    [
        ("person", OTHER_PERSON, SITE_KEY),
        ("rules", PERSON, SITE_KEY),
        ("person", PERSON, OTHER_KEY),
    ],
)
def test_a_document_of_another_subject_kind_or_key_is_refused(kind, subject, key):
    with pytest.raises(StoreError):
        open_document(sealed(), kind, subject, key)


def test_a_key_wrapped_for_one_generation_does_not_pass_for_another():
    with pytest.raises(StoreError):
        open_document(replace(sealed(), generation=4), "person", PERSON, SITE_KEY)


def test_a_document_of_another_key_of_its_own_does_not_fit():
    mixed = replace(sealed(), content=sealed().content)
    with pytest.raises(StoreError):
        open_document(mixed, "person", PERSON, SITE_KEY)


def test_a_document_is_carried_over_to_another_generation():
    again = rewrapped(sealed(), "person", PERSON, SITE_KEY, (4, OTHER_KEY), os.urandom)
    assert again.generation == 4
    assert open_document(again, "person", PERSON, OTHER_KEY) == b"who they are"


def test_a_site_key_reaches_the_door_it_is_for_and_no_other():
    box = X25519PrivateKey.generate()
    wrapped = wrap_site_key(SITE_KEY, 2, DOOR, box.public_key().public_bytes_raw().hex())
    assert unwrap_site_key(wrapped, 2, DOOR, box) == SITE_KEY
    for generation, door, key in [
        (3, DOOR, box),
        (2, OTHER_DOOR, box),
        (2, DOOR, X25519PrivateKey.generate()),
    ]:
        with pytest.raises(StoreError):
            unwrap_site_key(wrapped, generation, door, key)


def test_only_the_hub_opens_a_photo():
    hub = X25519PrivateKey.generate()
    photo = seal_photo(b"jpeg", PERSON, hub.public_key().public_bytes_raw().hex())
    assert open_photo(photo, PERSON, hub) == b"jpeg"
    with pytest.raises(StoreError):
        open_photo(photo, OTHER_PERSON, hub)
    with pytest.raises(StoreError):
        open_photo(photo, PERSON, X25519PrivateKey.generate())


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "é"])
def test_what_is_no_sealed_photo_is_refused(text):
    with pytest.raises(StoreError):
        open_photo(text, PERSON, X25519PrivateKey.generate())


def test_base64_is_read_strictly():
    assert from_base64("AAE=") == b"\x00\x01"
    with pytest.raises(StoreError):
        from_base64("AA E=")
