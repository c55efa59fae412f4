"""Sealing with AES-256-GCM (NIST SP 800-38D): nobody reads or moves a record unnoticed.

Places of the gallery's key, first found wins: the file that ACCESSCTL_KEY_FILE names, the systemd
credential `accessctl-key`, and `gallery.key` beside the gallery. An embedding passes one check
before it becomes bytes to be sealed, and again when it comes back.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accessctl.domain import Embedding
from accessctl.errors import DamagedError, GalleryKeyError
from accessctl.storage.files import KeyPlaces

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LENGTH_TOLERANCE = 1e-3

_ALTERED = (
    "A sealed record of the gallery was damaged or altered; "
    "restore the gallery from a backup, or remove and enrol that person again."
)
KEY_FILE_VARIABLE = "ACCESSCTL_KEY_FILE"
CREDENTIAL = "accessctl-key"
LOCAL_KEY = "gallery.key"
PLACES = KeyPlaces(
    "the gallery's key", "a gallery key", KEY_FILE_VARIABLE, CREDENTIAL, GalleryKeyError
)
log = logging.getLogger(__name__)


def associated_data(*parts: str) -> bytes:
    """What a sealed value belongs to; lengths in front, so that no two lists collide."""
    encoded = [part.encode("utf-8") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class Sealer:
    """Seals and opens by one key, whose schedule is made once; threads may share it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(
        self, plaintext: bytes, associated: bytes, random_bytes: Callable[[int], bytes]
    ) -> bytes:
        """Nonce (96 random bits), ciphertext and tag in one value."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, associated)

    def unseal(self, sealed: bytes, associated: bytes) -> bytes:
        """The plaintext; DamagedError when a bit of it, the key or its place differs."""
        # A damaged file gives other types than the table's.
        if not isinstance(sealed, bytes) or len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise DamagedError(_ALTERED)
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
        except InvalidTag as error:
            raise DamagedError(_ALTERED) from error


def seal(
    key: bytes, plaintext: bytes, associated: bytes, random_bytes: Callable[[int], bytes]
) -> bytes:
    """See Sealer.seal."""
    return Sealer(key).seal(plaintext, associated, random_bytes)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """See Sealer.unseal."""
    return Sealer(key).unseal(sealed, associated)


def local_key(folder: Path) -> Path:
    """The key's file in a gallery's folder, where the environment names no other."""
    return folder / LOCAL_KEY


def find_key(folder: Path, environment: Mapping[str, str]) -> bytes | None:
    """The key of the gallery in `folder`, None where there is none; GalleryKeyError."""
    return PLACES.find(local_key(folder), environment)


def generate_key(folder: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make `gallery.key` (0600) in `folder`, on disk when this returns; GalleryKeyError.

    A key that is there already is never replaced; then it is the one returned.
    """
    path = local_key(folder)
    key, is_new = PLACES.generate(path, random_bytes)
    if is_new:
        log.warning(
            "Generated the gallery's key %s. It lies beside the data, which protects only a "
            "copied database; keep the key elsewhere and name it in %s or as a systemd "
            "credential.",
            path,
            KEY_FILE_VARIABLE,
        )
    return key


def checked_embedding(embedding: Embedding) -> Embedding:
    """The embedding as little-endian float32 (D,); ValueError unless finite, of length 1."""
    import numpy as np

    vector = np.ascontiguousarray(embedding, dtype="<f4")
    if vector.ndim != 1 or not vector.size or not np.isfinite(vector).all():
        raise ValueError("an embedding is a finite vector (D,)")
    length = float(np.linalg.norm(vector))
    if abs(length - 1) > LENGTH_TOLERANCE:
        raise ValueError(f"an embedding has length 1, not {length:.4f}")
    return vector


def embedding_to_bytes(embedding: Embedding) -> bytes:
    return checked_embedding(embedding).tobytes()


def embedding_from_bytes(data: bytes) -> Embedding:
    """The inverse of `embedding_to_bytes`; DamagedError when these bytes are no embedding."""
    return embeddings_from_bytes([data])[0]


def embeddings_from_bytes(data: Sequence[bytes]) -> Sequence[Embedding]:
    """As `embedding_from_bytes`, of each; where all are of one length (N, D) in one go."""
    import numpy as np

    if len({len(one) for one in data}) > 1:
        return [embedding_from_bytes(one) for one in data]
    try:
        if not data:
            return []
        rows = np.frombuffer(b"".join(data), dtype="<f4").reshape(len(data), -1)
        # In double precision, as one by one: a sum of float32 squares is off by its length.
        squares = np.einsum("nd,nd->n", rows, rows, dtype=np.float64)
        if not (rows.size and np.all(np.abs(np.sqrt(squares) - 1) <= LENGTH_TOLERANCE)):
            raise ValueError("not all of them are of length 1")
    except ValueError as error:
        raise DamagedError(
            "A template in the gallery is not an embedding; restore the gallery from a backup."
        ) from error
    return list(rows)
