"""Two doors of one machine, of which only one may be open: the kernel's file locks are the arbiter.

Each door holds a lock for as long as its program lives, and another one while it is not known to be
shut and locked. Both end with the program, whatever ends it: a door whose partner is not there
stays shut, for nobody knows how the other one stands. Open file description locks, fcntl(2).
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from accessctl.doorway.values import Interlock
from accessctl.errors import ConfigError

# struct flock: type, whence, start, length, process; the tail is padding.
FLOCK = struct.Struct("hhqqi4x")
WHOLE = (os.SEEK_SET, 0, 0, 0)


class Arbiter(Protocol):
    @property
    def present(self) -> bool:
        """Whether the other door can be asked."""

    def claim(self) -> Interlock:
        """Ask for this door to open; FREE: it may, and counts as not secure from now on."""

    def settle(self, *, secure: bool) -> None:
        """This door is shut and locked, or not, whether it was asked for or not."""

    def close(self) -> None: ...


class NoArbiter:
    """Of a door that has no other one."""

    present = True

    def claim(self) -> Interlock:
        return Interlock.NONE

    def settle(self, *, secure: bool) -> None:
        del secure

    def close(self) -> None:
        """Nothing is held."""


class FileArbiter:
    """See Arbiter. `folder` is shared by both doors, which have one user."""

    def __init__(self, folder: Path, door: str, other: str) -> None:
        """ConfigError where the folder cannot be used, or another program is this door."""
        if door == other:
            raise ConfigError("doorway.interlock.other names this door; name the other one.")
        self._other = {what: folder / f"{other}.{what}" for what in ("alive", "insecure")}
        self._mutex_path = folder / "mutex"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._alive = _opened(folder / f"{door}.alive")
            self._insecure = _opened(folder / f"{door}.insecure")
        except OSError as error:
            raise ConfigError(
                f"doorway.interlock.folder {folder} cannot be used ({error.strerror})."
            ) from error
        if not _lock(self._alive):
            self.close()
            raise ConfigError(f"Another program is the door {door!r} of the interlock in {folder}.")

    @property
    def present(self) -> bool:
        return _is_locked(self._other["alive"])

    def claim(self) -> Interlock:
        try:
            with self._mutex() as alone:
                if not self.present:
                    return Interlock.LOST
                if not alone or _is_locked(self._other["insecure"]):
                    return Interlock.TAKEN
                return Interlock.FREE if _lock(self._insecure) else Interlock.LOST
        except OSError:
            return Interlock.LOST

    def settle(self, *, secure: bool) -> None:
        if secure:
            _unlock(self._insecure)
        else:
            _lock(self._insecure)

    def close(self) -> None:
        for name in ("_alive", "_insecure"):
            descriptor = getattr(self, name, None)
            if descriptor is not None:
                os.close(descriptor)
                setattr(self, name, None)

    @contextmanager
    def _mutex(self) -> Iterator[bool]:
        """Whether nobody else asks at this moment."""
        descriptor = _opened(self._mutex_path)
        try:
            yield _lock(descriptor)
        finally:
            os.close(descriptor)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(descriptor: int) -> bool:
    """Take it, or hold it on; False while somebody else does."""
    wanted = FLOCK.pack(fcntl.F_WRLCK, *WHOLE)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(descriptor: int) -> None:
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, FLOCK.pack(fcntl.F_UNLCK, *WHOLE))


def _is_locked(path: Path) -> bool:
    """Whether somebody holds it; asked without taking it, so that nobody is in anybody's way."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        wanted = FLOCK.pack(fcntl.F_WRLCK, *WHOLE)
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, wanted)
        return bool(FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)
    finally:
        os.close(descriptor)
