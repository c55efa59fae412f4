"""How what a site knows of people is sealed on its way and where it lies.

A document is sealed under a key of its own (AES-256-GCM), so that destroying 32 bytes destroys
it; that key is wrapped by the site key of a generation. A site key goes to a door, and a photo to
the hub, by HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM): whoever carries it cannot read it.
Each sealed value says in its associated data what it is and whose.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from accessctl.errors import StoreError
from accessctl.gallery.sealing import KEY_BYTES, associated_data, seal, unseal

_NOT_OPENED = (
    "Something that came from the hub cannot be opened with this door's key; if that persists, "
    "join the door anew."
)


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """`wrapped` is the document's key under the site key of `generation`."""

    generation: int
    wrapped: bytes = field(repr=False)
    content: bytes = field(repr=False)


def seal_document(
    content: bytes,
    kind: str,
    subject: str,
    site_key: tuple[int, bytes],
    random_bytes: Callable[[int], bytes],
) -> SealedDocument:
    """Under a new key; `site_key` is the newest generation and its key (32 bytes)."""
    generation, outer = site_key
    key = random_bytes(KEY_BYTES)
    return SealedDocument(
        generation,
        seal(outer, key, _place("document key", kind, subject, str(generation)), random_bytes),
        seal(key, content, _place("document", kind, subject), random_bytes),
    )


def open_document(sealed: SealedDocument, kind: str, subject: str, site_key: bytes) -> bytes:
    """StoreError where key, kind, subject or a bit differ."""
    place = _place("document key", kind, subject, str(sealed.generation))
    key = unseal(site_key, sealed.wrapped, place)
    return unseal(key, sealed.content, _place("document", kind, subject))


def rewrapped(
    sealed: SealedDocument,
    kind: str,
    subject: str,
    old_key: bytes,
    site_key: tuple[int, bytes],
    random_bytes: Callable[[int], bytes],
) -> SealedDocument:
    """The same document under another generation; StoreError."""
    content = open_document(sealed, kind, subject, old_key)
    return seal_document(content, kind, subject, site_key, random_bytes)


def wrap_site_key(key: bytes, generation: int, door: str, box: str) -> str:
    """A site key for one door (its id) to its public key `box` (hex); hex."""
    public = X25519PublicKey.from_public_bytes(bytes.fromhex(box))
    return _suite().encrypt(key, public, info=_key_place(door, generation)).hex()


def unwrap_site_key(wrapped: str, generation: int, door: str, box: X25519PrivateKey) -> bytes:
    """StoreError."""
    return _opened(bytes.fromhex(wrapped), box, _key_place(door, generation))


def seal_photo(jpeg: bytes, photo: str, hub: str) -> str:
    """A photo that only the hub can open, by its public key (hex); base64."""
    public = X25519PublicKey.from_public_bytes(bytes.fromhex(hub))
    sealed = _suite().encrypt(jpeg, public, info=_place("photo", photo))
    return base64.b64encode(sealed).decode("ascii")


def open_photo(sealed: str, photo: str, key: X25519PrivateKey) -> bytes:
    """StoreError."""
    return _opened(from_base64(sealed), key, _place("photo", photo))


def from_base64(text: str) -> bytes:
    """StoreError for what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StoreError(_NOT_OPENED) from error


def _opened(sealed: bytes, key: X25519PrivateKey, place: bytes) -> bytes:
    try:
        return _suite().decrypt(sealed, key, info=place)
    except (InvalidTag, ValueError) as error:
        raise StoreError(_NOT_OPENED) from error


def _suite() -> hpke.Suite:
    return hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _key_place(door: str, generation: int) -> bytes:
    return _place("site key", door, str(generation))


def _place(*parts: str) -> bytes:
    return associated_data("accessctl site 1", *parts)
