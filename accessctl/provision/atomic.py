"""Write a file so that it is there whole or not at all."""

import os
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
