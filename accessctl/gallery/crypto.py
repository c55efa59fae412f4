"""Sealing with AES-256-GCM (NIST SP 800-38D): nobody reads or moves a record unnoticed."""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accessctl.errors import StoreError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


def associated_data(*parts: str) -> bytes:
    """What a sealed value belongs to; lengths in front, so that no two lists collide."""
    encoded = [part.encode("utf-8") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(
    key: bytes, plaintext: bytes, associated: bytes, random_bytes: Callable[[int], bytes]
) -> bytes:
    """Nonce (96 random bits), ciphertext and tag in one value."""
    nonce = random_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plaintext; StoreError when a bit of it, the key or its place differs."""
    # A damaged file gives other types than the table's.
    if not isinstance(sealed, bytes) or len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise StoreError(_ALTERED)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
    except InvalidTag as error:
        raise StoreError(_ALTERED) from error


_ALTERED = (
    "A sealed record of the gallery was damaged or altered; "
    "restore the gallery from a backup, or remove and enrol that person again."
)
