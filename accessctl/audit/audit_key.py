"""Where the audit key comes from.

32 random bytes, kept as one line of base64. It is a key of its own, not the gallery's:
the log outlives galleries, several write to one log (the demo's too), and whoever checks
the log should not be able to open people's templates. Places, first found wins: the file
that ACCESSCTL_AUDIT_KEY_FILE names, the systemd credential `accessctl-audit-key`, and the
file of `audit.key`.
"""

import base64
import binascii
import logging
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from accessctl.errors import StoreError

KEY_BYTES = 32
KEY_FILE_VARIABLE = "ACCESSCTL_AUDIT_KEY_FILE"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
CREDENTIAL = "accessctl-audit-key"
MAX_KEY_FILE_BYTES = 1024

log = logging.getLogger(__name__)


def find_key(path: Path, environment: Mapping[str, str]) -> bytes | None:
    """The audit key, None where there is none; StoreError when it cannot be used."""
    named = environment.get(KEY_FILE_VARIABLE)
    if named:
        return _read(Path(named), private=True)
    credentials = environment.get(CREDENTIALS_VARIABLE)
    if credentials and (credential := Path(credentials) / CREDENTIAL).exists():
        # systemd guards it by an access list, which shows as permission for the group.
        return _read(credential, private=False)
    return _read(path, private=True) if path.exists() else None


def generate_key(path: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make the key file (0600), on disk when this returns; StoreError.

    Another process may make it at the same moment; then its key is the one returned.
    """
    key = random_bytes(KEY_BYTES)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link appears whole and never replaces what is there.
            os.link(draft, path)
        except FileExistsError:
            return _read(path, private=True)
        finally:
            draft.unlink()
    except OSError as error:
        raise StoreError(
            f"Cannot write the audit key {path} ({error.strerror}); make its folder writable."
        ) from error
    log.warning(
        "Generated the audit key %s. It lies beside the log, which shows tampering only by "
        "those who cannot read it; keep it elsewhere and name it in %s or as a systemd credential.",
        path,
        KEY_FILE_VARIABLE,
    )
    return key


def _read(path: Path, *, private: bool) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(f"The audit key {path} is not a file; name the key file.")
        if private and status.st_mode & 0o077:
            raise StoreError(
                f"The audit key {path} can be read by other users; run: chmod 600 {path}"
            )
        with path.open("rb") as file:
            content = file.read(MAX_KEY_FILE_BYTES)
    except OSError as error:
        raise StoreError(
            f"Cannot read the audit key {path} ({error.strerror}); "
            f"name an existing key file in {KEY_FILE_VARIABLE}."
        ) from error
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"{path} is not an audit key (32 bytes in base64); restore it from a backup."
        )
    return key
