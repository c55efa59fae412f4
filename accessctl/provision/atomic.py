"""Write a file so that it is there whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

from accessctl.errors import FetchError


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path` through a neighbour and a rename; raises FetchError.

    The file is readable by everybody: models are public, and the door's user need not be
    the one who fetched them.
    """
    scratch: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        scratch = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.chmod(0o644)
        scratch.replace(path)
    except OSError as error:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
        raise FetchError(
            f"Cannot write {path} ({error.strerror}); make room or allow writing there."
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Put `text` in place of what the file holds; who may read it stays; raises FetchError."""
    target = path.resolve()
    scratch: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        scratch = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        before = target.stat()
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(scratch, before.st_uid, before.st_gid)
        shutil.copymode(target, scratch)
        scratch.replace(target)
    except OSError as error:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
        raise FetchError(
            f"Cannot write {path} ({error.strerror}); make room or allow writing there."
        ) from error
