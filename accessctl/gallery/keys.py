"""Where the gallery's key comes from.

A key is 32 random bytes, kept in a file as one line of base64 (the bare 32 bytes are
read too). Places, first found wins: the file that ACCESSCTL_KEY_FILE names, the systemd
credential `accessctl-key`, and `gallery.key` beside the gallery.
"""

import base64
import binascii
import logging
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from accessctl.errors import GalleryKeyError
from accessctl.gallery.crypto import KEY_BYTES

KEY_FILE_VARIABLE = "ACCESSCTL_KEY_FILE"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
CREDENTIAL = "accessctl-key"
LOCAL_KEY = "gallery.key"
MAX_KEY_FILE_BYTES = 1024

log = logging.getLogger(__name__)


def find_key(folder: Path, environment: Mapping[str, str]) -> bytes | None:
    """The key of the gallery in `folder`, None where there is none; GalleryKeyError."""
    named = environment.get(KEY_FILE_VARIABLE)
    if named:
        return _read(Path(named), private=True)
    credentials = environment.get(CREDENTIALS_VARIABLE)
    if credentials and (credential := Path(credentials) / CREDENTIAL).exists():
        # systemd guards the folder and lets the service in by an access list, which
        # shows as permission for the group: the mode says nothing here.
        return _read(credential, private=False)
    local = folder / LOCAL_KEY
    return _read(local, private=True) if local.exists() else None


def generate_key(folder: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make `gallery.key` (0600) in `folder`, on disk when this returns; GalleryKeyError."""
    path = folder / LOCAL_KEY
    key = random_bytes(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    except OSError as error:
        raise GalleryKeyError(
            f"Cannot write the gallery's key {path} ({error.strerror}); make its folder writable."
        ) from error
    log.warning(
        "Generated the gallery's key %s. It lies beside the data, which protects only a copied "
        "database; keep the key elsewhere and name it in %s or as a systemd credential.",
        path,
        KEY_FILE_VARIABLE,
    )
    return key


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, *, private: bool) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise GalleryKeyError(f"The gallery's key {path} is not a file; name the key file.")
        if private and status.st_mode & 0o077:
            raise GalleryKeyError(
                f"The gallery's key {path} can be read by other users; run: chmod 600 {path}"
            )
        with path.open("rb") as file:
            content = file.read(MAX_KEY_FILE_BYTES)
    except OSError as error:
        raise GalleryKeyError(
            f"Cannot read the gallery's key {path} ({error.strerror}); "
            f"name an existing key file in {KEY_FILE_VARIABLE}."
        ) from error
    key = _parse(content)
    if key is None:
        raise GalleryKeyError(
            f"{path} is not a gallery key (32 bytes in base64); "
            "restore it from a backup, or make one with: openssl rand -base64 32"
        )
    return key


def _parse(content: bytes) -> bytes | None:
    if len(content) == KEY_BYTES:
        return content
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        return None
    return key if len(key) == KEY_BYTES else None
