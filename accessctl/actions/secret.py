"""The key that signs webhooks."""

import os
import stat
from pathlib import Path

from accessctl.errors import ConfigError

MIN_BYTES = 16
MAX_BYTES = 4096


def read_secret(path: Path) -> bytes:
    """The key in `path`, without the line break an editor leaves at its end.

    Raises ConfigError unless it is a plain file of 16 to 4096 bytes that only its
    owner may read or write.
    """
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"The webhook key {path} is not a plain file.")
            if status.st_mode & 0o077:
                raise ConfigError(
                    f"The webhook key {path} can be read or changed by others; "
                    f"run: chmod 600 {path}."
                )
            secret = file.read(MAX_BYTES + 1).rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(
            f"Cannot read the webhook key {path} ({error.strerror}); "
            "make one with: openssl rand -hex 32."
        ) from error
    if not MIN_BYTES <= len(secret) <= MAX_BYTES:
        raise ConfigError(
            f"The webhook key {path} must hold {MIN_BYTES} to {MAX_BYTES} bytes; "
            "make one with: openssl rand -hex 32."
        )
    return secret


def _opener(path: str, flags: int) -> int:
    # A named pipe must not make the start of the door wait.
    return os.open(path, flags | os.O_NONBLOCK)
