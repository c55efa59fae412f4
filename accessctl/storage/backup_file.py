"""One file with all that a door or a hub keeps: a ZIP of named members, its list sealed with a key.

The list (`manifest.json`) holds each member's size and SHA-256 and is sealed with HMAC-SHA256, so
that nothing in the file can be changed, added or left out by whoever has not got the key.
"""

import hashlib
import hmac
import json
import os
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accessctl.errors import InputError
from accessctl.storage.files import PRIVATE, new_private_file

FORMAT = "accessctl backup 1"
MANIFEST, SEAL = "manifest.json", "manifest.hmac"
MAX_MANIFEST_BYTES = 64 << 20
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupList:
    """What a backup says of itself: members by name as (bytes, SHA-256 in hex), and `facts`."""

    members: Mapping[str, tuple[int, str]]
    facts: Mapping[str, Any]


def write_backup(
    path: Path,
    files: Mapping[str, Path],
    facts: Mapping[str, Any],
    key: bytes,
    *,
    may_go: Collection[str] = (),
) -> BackupList:
    """A new backup at `path` with those files by member name; `facts` are JSON.

    Members that `may_go` are left out where their file is gone by now. Raises as
    `new_private_file` does.
    """
    members: dict[str, tuple[int, str]] = {}
    with (
        new_private_file(path) as target,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, file in files.items():
            if name not in may_go or file.exists():
                members[name] = _added(archive, name, file)
        listed = {"format": FORMAT, "members": members, "facts": dict(facts)}
        content = json.dumps(listed, sort_keys=True).encode()
        archive.writestr(MANIFEST, content)
        archive.writestr(SEAL, _seal(key, content))
    return BackupList(members, facts)


def _added(archive: zipfile.ZipFile, name: str, file: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return size, digest.hexdigest()


@contextmanager
def opened_backup(
    path: Path, key: bytes, *, sealed_by: str = "audit key"
) -> "Iterator[OpenBackup]":
    """The backup at `path`, its list checked against its seal.

    InputError for a file that is no backup, was changed, or was sealed with another key, which
    that sentence calls `sealed_by`.
    """
    with ExitStack() as stack:
        yield _opened(path, key, sealed_by, stack)


def _opened(path: Path, key: bytes, sealed_by: str, stack: ExitStack) -> "OpenBackup":
    try:
        archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(path.open("rb"))))
        content = _read(archive, MANIFEST, MAX_MANIFEST_BYTES)
        seal = _read(archive, SEAL, hashlib.sha256().digest_size)
        if not hmac.compare_digest(seal, _seal(key, content)):
            raise InputError(
                f"{path} was changed, or was made with another {sealed_by}; restore that key "
                "first, or name the keys that were kept with it."
            )
        return OpenBackup(archive, _parsed(content), path)
    except OSError as error:
        raise InputError(
            f"The backup {path} cannot be read ({error.strerror}); name another file."
        ) from error
    except InputError:
        raise
    except Exception as error:
        # Whatever it is: on hostile bytes the ZIP reader and its decompressors raise anything.
        raise _no_backup(path) from error


@dataclass(frozen=True, slots=True)
class OpenBackup:
    archive: zipfile.ZipFile
    listed: BackupList
    path: Path

    def unpack(self, name: str, target: Path) -> None:
        """Write a member to a new private file; InputError when it is not as listed, OSError."""
        size, expected = self.listed.members[name]
        digest, left = hashlib.sha256(), size
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        try:
            with os.fdopen(descriptor, "wb") as file, self.archive.open(name) as source:
                while chunk := source.read(min(CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        break
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            raise
        except Exception as error:
            # Whatever it is: on hostile bytes the decompressors raise anything.
            raise _no_backup(self.path) from error
        if left or digest.hexdigest() != expected:
            raise InputError(f"{self.path} is damaged: {name} is not what was saved.")


@contextmanager
def working_folder(path: Path) -> Iterator[Path]:
    """A private folder beside the file that is written: the disk of what is saved must not fill up.
    InputError where nothing can be written there."""
    try:
        with tempfile.TemporaryDirectory(prefix=".accessctl-backup.", dir=path.parent) as name:
            yield Path(name)
    except OSError as error:
        raise InputError(
            f"Cannot write in {path.parent} ({error.strerror}); name a file in another folder."
        ) from error


def _no_backup(path: Path) -> InputError:
    return InputError(f"{path} is no backup, or is damaged; name another file.")


def _read(archive: zipfile.ZipFile, name: str, longest: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(longest + 1)
    if len(content) > longest:
        raise ValueError("too long")
    return content


def _parsed(content: bytes) -> BackupList:
    raw = json.loads(content)
    if raw["format"] != FORMAT:
        raise ValueError("another format")
    members = {
        str(name): (int(size), str(digest)) for name, (size, digest) in raw["members"].items()
    }
    return BackupList(members, dict(raw["facts"]))


def _seal(key: bytes, content: bytes) -> bytes:
    return hmac.digest(hmac.digest(key, FORMAT.encode(), hashlib.sha256), content, hashlib.sha256)
