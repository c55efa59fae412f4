"""The socket's file: private, and one living door's alone."""

import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from accessctl.errors import ConfigError, FaultError

# What the kernel's `sun_path` holds, less the NUL at its end (unix(7)).
MAX_PATH = 107
BACKLOG = 16


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A listening socket at `path`, mode 0600, removed at the end.

    A lock beside it says whether its door lives: what a dead door left is replaced, a living
    one's is refused with FaultError. ConfigError for a path where no socket can be.
    """
    if len(os.fsencode(path)) > MAX_PATH:
        raise ConfigError(
            f"The path {path} is too long for a socket ({MAX_PATH} bytes at most); "
            "set service.socket to a shorter one."
        )
    with ExitStack() as stack:
        try:
            _private_folder(path.parent)
            lock = _lock(path.with_name(path.name + ".lock"))
            stack.callback(os.close, lock)
            _remove_stale(path)
            server = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            # On Linux the file inherits this mode, so there is no moment at which others
            # could open it.
            os.fchmod(server.fileno(), 0o600)
            server.bind(os.fspath(path))
            stack.callback(path.unlink, missing_ok=True)
            server.listen(BACKLOG)
        except BlockingIOError as error:
            raise FaultError(
                f"Another door is running on {path}; stop it, or set service.socket to "
                "another path."
            ) from error
        except OSError as error:
            raise FaultError(
                f"The control socket {path} cannot be made ({error.strerror or error}); "
                "check service.socket and who may write there."
            ) from error
        yield server


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o022:
        raise ConfigError(
            f"Others may write in {folder}, so they could put a socket of theirs there; "
            "set service.socket to a path in a private folder."
        )


def _lock(path: Path) -> int:
    """The descriptor that holds the lock; the kernel lets go of it when the process dies."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _remove_stale(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise ConfigError(f"{path} is not a socket; set service.socket to another path.")
    path.unlink()
