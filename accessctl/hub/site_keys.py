"""The keys of a site's people: one secret of 32 bytes in `site.key`, and what is derived from it.

From it come, each by HKDF-SHA256 (RFC 5869) for a purpose of its own: the site key of each
generation, under which the documents of the feed lie; the key pair (X25519) that doors seal photos
to; the key of badges' digests; the key under which names are told apart in the database; and that
of what a company's directory says. So there is one file to save, once, and the next generation
takes no more than a higher number: whoever holds the key of one generation learns nothing of the
next.

The secret is found as the hub's other keys are: the file that the environment names, the systemd
credential, the hub's folder. With another one nothing in the database can be opened, so the
database keeps a proof of each generation's key, and a hub with another secret does not start.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from accessctl.errors import InputError, StoreError
from accessctl.gallery.badges import digest_of
from accessctl.gallery.person import name_key
from accessctl.storage.files import KEY_BYTES, KeyPlaces
from accessctl.sync.site_sealing import open_photo, wrap_site_key

SITE_FILE = "site.key"
PLACES = KeyPlaces(
    "the site's key",
    "a site's key",
    "ACCESSCTL_HUB_SITE_KEY_FILE",
    "accessctl-hub-site",
    StoreError,
)


class SiteKeys:
    """What is derived from one secret; threads may share it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._names = self._derived("names")
        self._photos = X25519PrivateKey.from_private_bytes(self._derived("photos"))
        self.badge_key = self._derived("badges")
        self.directory = self._derived("directory")

    @property
    def photos(self) -> str:
        """The public key (X25519, hex) that photos are sealed to."""
        return self._photos.public_key().public_bytes_raw().hex()

    def site_key(self, generation: int) -> bytes:
        return self._derived(f"generation {generation}")

    def proof(self, generation: int) -> bytes:
        """32 bytes that only the key of this generation gives, and that give nothing of it."""
        return hmac.digest(self.site_key(generation), b"accessctl site key", sha256)

    def wrapped(self, generations: Iterable[int], door: str, box: str) -> dict[int, str]:
        """Each generation's key for one door, hex; InputError for a `box` (hex) that is no key."""
        try:
            return {
                generation: wrap_site_key(self.site_key(generation), generation, door, box)
                for generation in generations
            }
        except ValueError as error:
            raise InputError("The public key that was sent is none.") from error

    def open_photo(self, sealed: str, photo: str) -> bytes:
        """The JPEG of a photo that was sealed to `photos`; StoreError."""
        return open_photo(sealed, photo, self._photos)

    def name_tag(self, name: str) -> bytes:
        """The same 32 bytes for names that differ in case or composition only."""
        return hmac.digest(self._names, name_key(name).encode("utf-8"), sha256)

    def external_tag(self, text: str) -> bytes:
        """32 bytes that stand for what a directory calls somebody, in case and composition as it
        is."""
        return hmac.digest(self.directory, b"external " + text.encode("utf-8"), sha256)

    def badge_digest(self, number: str) -> bytes:
        """What stands for a badge's number at this site; InputError for what is none."""
        return digest_of(self.badge_key, number)

    def _derived(self, purpose: str) -> bytes:
        info = b"accessctl site 1\0" + purpose.encode("ascii")
        return HKDF(hashes.SHA256(), KEY_BYTES, None, info).derive(self._secret)


def open_site_keys(
    folder: Path,
    environment: Mapping[str, str],
    proofs: Mapping[int, bytes],
    random_bytes: Callable[[int], bytes],
) -> SiteKeys:
    """The keys of the hub in `folder`; `proofs` are those in its database, by generation.

    A secret is made only where the database knows of none. StoreError for one that is missing, and
    for another one than the database's.
    """
    secret = PLACES.find(folder / SITE_FILE, environment)
    if secret is None and proofs:
        raise StoreError(
            "The hub's database has people, but their key is not there; restore "
            f"{folder / SITE_FILE}, or name it in {PLACES.variable}."
        )
    if secret is None:
        secret, _ = PLACES.generate(folder / SITE_FILE, random_bytes)
    keys = SiteKeys(secret)
    for generation, proof in proofs.items():
        if not hmac.compare_digest(keys.proof(generation), proof):
            raise StoreError(
                "The site's key is another one than that of the hub's database; restore the one "
                "that belongs to it."
            )
    return keys
