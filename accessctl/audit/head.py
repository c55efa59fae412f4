"""Where the log ends, kept apart from it and sealed with the audit key.

Whoever cuts the tail of the log, or writes the whole chain anew, cannot make a head that
fits without the key. Two slots are written by turns, so that a write that was torn by a
power cut leaves the slot before it.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from accessctl.audit.chain import HASH_BYTES
from accessctl.storage.files import sync_folder

_MAGIC = b"accessctl head 1"
# What else is sealed with the key: where a purged log begins.
CHECKPOINT = b"accessctl checkpoint 1"
# SQLite's largest integer: no log has a record beyond it.
_LARGEST = (1 << 63) - 1
_SLOT_BYTES = len(_MAGIC) + 1 + 20 + 1 + 64 + 1 + 64 + 1


@dataclass(frozen=True, slots=True)
class End:
    """The number and hash of the last record."""

    number: int
    hash: bytes


class HeadFile:
    """A file of two fixed slots; any process that has the key may read and write it."""

    def __init__(self, path: Path, key: bytes, *, is_new: bool = False) -> None:
        """Creates nothing, `write` does; `is_new` says that none is expected to be there."""
        self.path = path
        self.is_new = is_new
        self._key = key

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> End | None:
        """The latest end that the key sealed; None when there is none. OSError."""
        with self.path.open("rb") as file:
            content = file.read(2 * _SLOT_BYTES)
        slots = (content[:_SLOT_BYTES], content[_SLOT_BYTES:])
        ends = [end for end in map(self._parse, slots) if end is not None]
        return max(ends, key=lambda end: end.number, default=None)

    def write(self, end: End, *, over_all: bool = False) -> None:
        """On disk when this returns; `over_all` also forgets a later end. OSError."""
        created = not self.exists()
        if created:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            for turn in (0, 1) if over_all else (end.number % 2,):
                os.pwrite(descriptor, self._slot(end), turn * _SLOT_BYTES)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if created:
            sync_folder(self.path.parent)

    def seal(self, purpose: bytes, end: End) -> bytes:
        """HMAC-SHA256 (RFC 2104) of an end; `purpose` keeps one use from passing as another."""
        message = purpose + b"\0" + end.number.to_bytes(8, "big") + end.hash
        return hmac.digest(self._key, message, hashlib.sha256)

    def vouches(self, purpose: bytes, end: End, seal: bytes) -> bool:
        """Whether `seal` was made for that end, with this key."""
        return hmac.compare_digest(self.seal(purpose, end), seal)

    def _slot(self, end: End) -> bytes:
        seal = self.seal(_MAGIC, end).hex()
        return b"%s %020d %s %s\n" % (_MAGIC, end.number, end.hash.hex().encode(), seal.encode())

    def _parse(self, slot: bytes) -> End | None:
        parts = slot.removeprefix(_MAGIC + b" ").split()
        if len(slot) != _SLOT_BYTES or len(parts) != 3:
            return None
        try:
            end = End(int(parts[0]), bytes.fromhex(parts[1].decode("ascii")))
        except ValueError:
            return None
        if not 0 <= end.number <= _LARGEST or len(end.hash) != HASH_BYTES:
            return None
        return end if hmac.compare_digest(self._slot(end), slot) else None
