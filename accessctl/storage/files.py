"""Private files that are there whole or not at all, also after a power cut; secret keys in them.

Most functions on files raise OSError when the system refuses. A key is 32 random bytes, kept as
one line of base64 (the bare 32 bytes are read too); `KeyPlaces` finds it, or makes it where there
is none.
"""

import base64
import binascii
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from accessctl.errors import FaultError, InputError

PRIVATE = 0o600
OTHERS = 0o077

KEY_BYTES = 32
MAX_KEY_FILE_BYTES = 1024
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"

FileIdentity: TypeAlias = tuple[int, int]
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


def make_private_folder(folder: Path) -> None:
    """The folder, and those above it that are not there yet, all 0700; OSError.

    One that is there stays as it is.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=0o700, exist_ok=True)


def make_private(path: Path) -> None:
    """Take an existing file from the other users of the machine; nothing where there is none."""
    if path.is_file() and path.stat().st_mode & OTHERS:
        path.chmod(PRIVATE)


def write_atomically(
    path: Path, content: bytes, *, mode: int = PRIVATE, owner: tuple[int, int] | None = None
) -> None:
    """Put `content` at `path`; see `atomic_file`."""
    with atomic_file(path, mode=mode, owner=owner) as stream:
        stream.write(content)


@contextmanager
def atomic_file(
    path: Path, *, mode: int = PRIVATE, owner: tuple[int, int] | None = None
) -> Iterator[IO[bytes]]:
    """What is written takes the place of `path`, whose folder exists, by a rename at the end.

    On disk when the block is left. When it fails, what was at `path` is still there, and no
    neighbour is left behind. `owner` is the user and group that it then belongs to; None: who
    writes it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if owner is not None and owner != (os.geteuid(), os.getegid()):
            os.chown(scratch, *owner)
        scratch.chmod(mode)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def new_private_file(path: Path) -> Iterator[IO[bytes]]:
    """A file (0600) that was not there before, on disk at the end; nothing is left where it fails.

    Until it is whole it lies beside its place, under a hidden name: only that is left by a kill.
    InputError where there is one, also one that was made meanwhile, or none can be made; FaultError
    where it cannot be written.
    """
    try:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _cannot_be_made(path, error) from error
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put_new(scratch, path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise _cannot_be_made(path, error) from error
    except OSError as error:
        raise FaultError(
            f"{path} could not be written ({error.strerror}); make room, or name another disk."
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def put_new(file: Path, path: Path) -> None:
    """Give `file` the name `path` on the same disk, whole at once; FileExistsError, OSError."""
    try:
        os.link(file, path)
    except FileExistsError:
        raise
    except OSError:
        # A disk that knows no hard links, as many a stick does.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.rename(file, path)


def _cannot_be_made(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot write {path} ({error.strerror}); name a new file in a folder of yours."
    )


def identity(path: Path) -> FileIdentity:
    """What tells the file at `path` from any other that may lie there later."""
    status = path.stat()
    return status.st_dev, status.st_ino


def is_still(path: Path, known: FileIdentity) -> bool:
    """Whether the file at `path` is the one that was `known`; False where there is none."""
    try:
        return identity(path) == known
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class KeyPlaces:
    """Where one kind of key may be, and how its errors speak of it.

    The file that the environment's `variable` names comes first, then the systemd
    credential `credential`, then the file that is asked for. `title` as in "the audit
    key", `kind` as in "an audit key"; everything raises `error`.
    """

    title: str
    kind: str
    variable: str
    credential: str
    error: type[FaultError]

    def find(self, path: Path, environment: Mapping[str, str]) -> bytes | None:
        """The key, None where there is none."""
        named = environment.get(self.variable)
        if named:
            return self._read(Path(named), private=True)
        credentials = environment.get(CREDENTIALS_VARIABLE)
        if credentials and (credential := Path(credentials) / self.credential).exists():
            # systemd guards the folder and lets the service in by an access list, which
            # shows as permission for the group: the mode says nothing here.
            return self._read(credential, private=False)
        return self._read(path, private=True) if path.exists() else None

    def generate(self, path: Path, random_bytes: Callable[[int], bytes]) -> tuple[bytes, bool]:
        """Make the file (0600, its folder 0700), on disk when this returns.

        The key, and whether it is new: another process may have made one at the same
        moment, which then is the one.
        """
        key = random_bytes(KEY_BYTES)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                write_key(path, key)
            except FileExistsError:
                return self._read(path, private=True), False
        except OSError as error:
            raise self.error(
                f"Cannot write {self.title} {path} ({error.strerror}); make its folder writable."
            ) from error
        return key, True

    def _read(self, path: Path, *, private: bool) -> bytes:
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise self.error(f"{_upper(self.title)} {path} is not a file; name the key file.")
            if private and status.st_mode & OTHERS:
                raise self.error(
                    f"{_upper(self.title)} {path} can be read by other users; run: chmod 600 {path}"
                )
            with path.open("rb") as file:
                content = file.read(MAX_KEY_FILE_BYTES)
        except OSError as error:
            raise self.error(
                f"Cannot read {self.title} {path} ({error.strerror}); "
                f"name an existing key file in {self.variable}."
            ) from error
        key = _parse(content)
        if key is None:
            raise self.error(
                f"{path} is not {self.kind} (32 bytes in base64); restore it from a backup, "
                "or make one with: openssl rand -base64 32"
            )
        return key


def write_key(path: Path, key: bytes) -> None:
    """A new key file (0600), whole and on disk when this returns; OSError, also where there is
    one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole and never replaces what is there.
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _parse(content: bytes) -> bytes | None:
    if len(content) == KEY_BYTES:
        return content
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        return None
    return key if len(key) == KEY_BYTES else None


def _upper(title: str) -> str:
    return title[0].upper() + title[1:]
