"""Files that are private, there whole or not at all, and still there after a power cut.

Every function raises OSError when the system refuses.
"""

import os
import tempfile
from pathlib import Path
from typing import TypeAlias

PRIVATE = 0o600
OTHERS = 0o077

Identity: TypeAlias = tuple[int, int]
"""Device and inode: a file put in another's place has another one."""


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_private(path: Path) -> bool:
    """An empty file (0600) where there is none; whether it is new. Its folder is made (0700).

    An existing one is not opened: closing a descriptor of it would drop the locks that another
    connection of this process holds on it. Its mode is not touched, see `make_private`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    except FileExistsError:
        return False
    sync_folder(path.parent)
    return True


def make_private(path: Path) -> None:
    """Take an existing file from the other users of the machine; nothing where there is none."""
    if path.is_file() and path.stat().st_mode & OTHERS:
        path.chmod(PRIVATE)


def write_atomically(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Put `content` at `path`, whose folder exists, through a neighbour and a rename.

    On disk when this returns. When it fails, what was at `path` is still there, and no
    neighbour is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.chmod(mode)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def identity(path: Path) -> Identity:
    """What tells the file at `path` from any other that may lie there later."""
    status = path.stat()
    return status.st_dev, status.st_ino


def is_still(path: Path, known: Identity) -> bool:
    """Whether the file at `path` is the one that was `known`; False where there is none."""
    try:
        return identity(path) == known
    except FileNotFoundError:
        return False
