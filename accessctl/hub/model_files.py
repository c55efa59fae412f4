"""The model files that the hub gives its doors: those of its own encoder and release, by digest."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from accessctl.errors import ConfigError, InputError, StoreError
from accessctl.sync.model_wire import MAX_MODEL_BYTES, OfferedModel, OfferedModels
from accessctl.zoo.manifest import sha256_of
from accessctl.zoo.naming import NamedModel

CHUNK = 256 << 10
LOOK_AGAIN_S = 60.0
"""What is named is read from files, which takes longer than a request should."""

Named: TypeAlias = Callable[[], tuple[NamedModel, ...]]


def nothing_named() -> tuple[NamedModel, ...]:
    """For a hub that gives no models away."""
    return ()


class ModelFiles:
    """Any thread may ask. `named` says which files are meant; only those that are there, with the
    digest that they should have, are given away."""

    def __init__(
        self, named: Named = nothing_named, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read_named = named
        self._clock = clock
        self._known: tuple[float, tuple[NamedModel, ...]] | None = None
        self._digests: dict[tuple[Path, int, int], str] = {}

    def listed(self) -> OfferedModels:
        """What there is; StoreError where this release has no manifest."""
        found = ((one, self._size(one)) for one in self._named())
        return OfferedModels(
            models=tuple(
                OfferedModel(name=one.name, bytes=size, sha256=one.sha256)
                for one, size in found
                if size is not None
            )
        )

    def read(self, digest: str, offset: int) -> tuple[int, Iterator[bytes]]:
        """How many bytes there are from `offset` on, and those; InputError for a digest that is
        none of the listed files', or an offset beyond its end; StoreError."""
        for one in self._named():
            size = self._size(one) if one.sha256 == digest else None
            if size is not None and offset <= size:
                return size - offset, _parts(one.path, offset, size - offset)
        raise InputError("The hub has no such model file; ask it for its list.")

    def _named(self) -> tuple[NamedModel, ...]:
        now = self._clock()
        if self._known is None or now - self._known[0] >= LOOK_AGAIN_S:
            try:
                self._known = (now, self._read_named())
            except ConfigError as error:
                raise StoreError(str(error)) from error
        return self._known[1]

    def _size(self, named: NamedModel) -> int | None:
        """None for a file that is not there as it should be."""
        try:
            stat = named.path.stat()
            key = (named.path, stat.st_mtime_ns, stat.st_size)
            # Read once: whoever asks often shall not have the hub read 20 MB each time.
            digest = self._digests.get(key) or sha256_of(named.path)
        except OSError:
            return None
        self._digests[key] = digest
        is_right = digest == named.sha256 and 0 < stat.st_size <= MAX_MODEL_BYTES
        return stat.st_size if is_right else None


def _parts(path: Path, offset: int, length: int) -> Iterator[bytes]:
    """No more than `length` bytes, less where the file was cut meanwhile: who reads counts."""
    try:
        with path.open("rb") as file:
            file.seek(offset, os.SEEK_SET)
            while length > 0 and (part := file.read(min(CHUNK, length))):
                length -= len(part)
                yield part
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}).") from error
