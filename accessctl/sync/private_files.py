"""The files in a door's `sync.folder`: its keys, and what it has heard of its hub."""

from pathlib import Path

from accessctl.errors import FaultError
from accessctl.storage.files import OTHERS, make_private_folder, write_atomically
from accessctl.storage.parsing import read_bounded


def read_private(path: Path) -> bytes:
    """At most 1 MiB; FaultError where others can read it, or it cannot be read."""
    try:
        if path.stat().st_mode & OTHERS:
            raise FaultError(f"{path} can be read by other users; run: chmod 600 {path}")
        return read_bounded(path)
    except OSError as error:
        raise FaultError(
            f"{path} cannot be read ({error.strerror}); check who may read it."
        ) from error


def keep_private(path: Path, content: bytes) -> None:
    """On disk (0600), whole, when this returns; its folder is made where it is missing.
    FaultError."""
    try:
        make_private_folder(path.parent)
        write_atomically(path, content)
    except OSError as error:
        raise FaultError(
            f"{path} cannot be written ({error.strerror}); make room, or its folder writable."
        ) from error
