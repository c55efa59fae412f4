"""A stream sealed on its way to a file: AES-256-GCM in parts, so that no plain byte lies on a disk.

Each part says in its associated data which one it is and whether it is the last, so none can be
moved, left out or cut off unnoticed (the STREAM construction, Hoang, Reyhanitabar, Rogaway and
Vizár, CRYPTO 2015, with random nonces).
"""

import io
from collections.abc import Callable
from typing import IO

from accessctl.errors import StoreError
from accessctl.gallery.sealing import NONCE_BYTES, TAG_BYTES, Sealer, associated_data

PART_BYTES = 1 << 20
_LENGTH_BYTES = 4
_DAMAGED = "A sealed part of the backup is damaged or cut off; name another file."


class SealingStream(io.RawIOBase):
    """What is written comes sealed into `target`; the last part is written by `close`."""

    def __init__(
        self, target: IO[bytes], key: bytes, place: str, random_bytes: Callable[[int], bytes]
    ) -> None:
        """`key` is 32 bytes, for this purpose alone; `place` says what is sealed."""
        super().__init__()
        self._target = target
        self._sealer = Sealer(key)
        self._place = place
        self._random = random_bytes
        self._waiting = bytearray()
        self._number = 0

    def writable(self) -> bool:
        return True

    def write(self, content: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._waiting += content
        # One part stays back: only the end tells which is the last.
        while len(self._waiting) > PART_BYTES:
            self._put(bytes(self._waiting[:PART_BYTES]), is_last=False)
            del self._waiting[:PART_BYTES]
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), is_last=True)
        super().close()

    def _put(self, part: bytes, *, is_last: bool) -> None:
        sealed = self._sealer.seal(part, _place(self._place, self._number, is_last), self._random)
        self._target.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        self._number += 1


class UnsealingStream(io.RawIOBase):
    """The inverse of SealingStream; StoreError where a bit, the key or the place differs."""

    def __init__(self, source: IO[bytes], key: bytes, place: str) -> None:
        super().__init__()
        self._source = source
        self._sealer = Sealer(key)
        self._place = place
        self._number = 0
        self._ready = b""
        self._next = self._sealed_part()
        if not self._next:
            raise StoreError(_DAMAGED)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._ready and self._next:
            sealed, self._next = self._next, self._sealed_part()
            place = _place(self._place, self._number, not self._next)
            self._ready = self._sealer.unseal(sealed, place)
            self._number += 1
        taken = self._ready[: len(buffer)]
        buffer[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)

    def _sealed_part(self) -> bytes:
        """Empty at the end of the file."""
        head = self._source.read(_LENGTH_BYTES)
        if not head:
            return b""
        length = int.from_bytes(head, "big")
        if len(head) < _LENGTH_BYTES or length > NONCE_BYTES + PART_BYTES + TAG_BYTES:
            raise StoreError(_DAMAGED)
        part = self._source.read(length)
        if not part or len(part) < length:
            raise StoreError(_DAMAGED)
        return part


def _place(place: str, number: int, is_last: bool) -> bytes:
    end = "last" if is_last else "more"
    return associated_data("accessctl sealed stream 1", place, str(number), end)
