"""Pictures of decisions, encrypted, for as long and as much as the owner allows.

A picture's name is its time and visit; both are bound to what is sealed (AES-256-GCM), so
that no picture can pass as another's. The event holds the name and the SHA-256 of the
file: the hash chain vouches for the picture too, and a purge of pictures leaves the chain
as it is. The key is derived from the audit key (HKDF-SHA256, RFC 5869).
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from accessctl.config import SnapshotConfig
from accessctl.errors import StoreError

NONCE_BYTES = 12
MAX_FILE_BYTES = 64 << 20
DAY_S = 86400.0

_NAME = re.compile(r"([0-9]{13})-([0-9a-f]{1,64})\.snap")
_VISIT = re.compile(r"[0-9a-f]{1,64}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """What the event has to say about its picture: file name and SHA-256 (hex)."""

    name: str
    sha256: str


class AlteredSnapshotError(StoreError):
    """A picture is not the one that was kept, or was sealed with another key."""


class Snapshots:
    """A folder (0700) of sealed pictures (0600)."""

    def __init__(
        self,
        folder: Path,
        audit_key: bytes,
        config: SnapshotConfig,
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._folder = folder
        self._config = config
        self._random = random_bytes
        derived = HKDF(hashes.SHA256(), 32, None, b"accessctl snapshots 1").derive(audit_key)
        self._cipher = AESGCM(derived)

    def keep(self, visit: str, time: float, jpeg: bytes) -> KeptSnapshot | None:
        """Seal one picture taken at the epoch time; the oldest make room for it.

        Nothing is deleted for its age here, where nobody knows whether the clock is right.
        None, and logged, when it cannot be kept: a picture is not worth a closed door.
        ValueError for a visit that is not hexadecimal.
        """
        if not _VISIT.fullmatch(visit):
            raise ValueError(f"a visit is named in hexadecimal, not {visit!r}")
        name = f"{round(time * 1000):013d}-{visit}.snap"
        nonce = self._random(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, jpeg, name.encode("ascii"))
        if len(sealed) > self._config.max_mb * 1e6:
            log.error("A snapshot of %d bytes is larger than all may be together.", len(sealed))
            return None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            purge_pictures(self._folder, self._config, None, room=len(sealed))
            self._write(name, sealed)
        except OSError as error:
            log.error("A snapshot could not be kept in %s: %s", self._folder, error.strerror)
            return None
        return KeptSnapshot(name, hashlib.sha256(sealed).hexdigest())

    def read(self, name: str) -> bytes:
        """The JPEG; StoreError when it is gone or cannot be read, AlteredSnapshotError when it was
        altered, or sealed with another key."""
        if not _NAME.fullmatch(name):
            raise StoreError(f"{name!r} is not the name of a snapshot; see the event's data.")
        try:
            with (self._folder / name).open("rb") as file:
                sealed = file.read(MAX_FILE_BYTES)
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except OSError as error:
            raise StoreError(f"The snapshot {name} cannot be read ({error.strerror}).") from error
        except (InvalidTag, ValueError) as error:
            raise AlteredSnapshotError(
                f"The snapshot {name} was altered, or sealed with another audit key."
            ) from error

    def find(self, name: str) -> bytes | None:
        """As `read`, but None for one that is gone."""
        try:
            return self.read(name)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def _write(self, name: str, sealed: bytes) -> None:
        draft = self._folder / f".{name}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
            draft.replace(self._folder / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


def pictures_in(folder: Path) -> list[Path]:
    """The sealed pictures in a folder, the oldest first; none where there is no folder. OSError."""
    if not folder.exists():
        return []
    # By name, so by time of the picture: a file's own time can be set.
    return sorted(path for path in folder.iterdir() if is_picture(path.name))


def is_picture(name: str) -> bool:
    """Whether a file of that name is a sealed picture."""
    return _NAME.fullmatch(name) is not None


def picture_named(record: bytes) -> str | None:
    """The name of the picture that an event has, by its record (schema.record_bytes); None where
    it has none, or where that is no record."""
    try:
        _, _, _, _, data = json.loads(record)
        name = json.loads(data).get("snapshot")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return name if isinstance(name, str) and is_picture(name) else None


def purge_pictures(
    folder: Path, config: SnapshotConfig, now: float | None, *, room: int = 0
) -> int:
    """Delete what is too old, and the oldest until `room` bytes more fit; how many.

    `now` is epoch time by a clock that may be believed; None: nothing is too old. Others may do
    so at the same time. OSError when the folder cannot be read or written.
    """
    sizes = {}
    for path in pictures_in(folder):
        with suppress(FileNotFoundError):
            sizes[path] = path.stat().st_size
    surplus = sum(sizes.values()) + room - round(config.max_mb * 1e6)
    oldest_kept_ms = 0.0 if now is None else (now - config.days * DAY_S) * 1000
    count = 0
    for path, size in sizes.items():
        too_old = int(path.name.partition("-")[0]) < oldest_kept_ms
        if not too_old and surplus <= 0:
            continue
        path.unlink(missing_ok=True)
        surplus -= size
        count += 1
    return count
