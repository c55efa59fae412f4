"""Passwords in files: one line of text that nobody but its owner can read."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from accessctl.errors import ConfigError
from accessctl.storage.files import CREDENTIALS_VARIABLE, OTHERS

MAX_PASSWORD = 256


def password_in(path: Path, whose: str, *, private: bool = True) -> str:
    """The first line of a file; ConfigError, which speaks of `whose` password ("the relay's").

    Not `private`: systemd guards the file, and its mode says nothing.
    """
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or (private and status.st_mode & OTHERS):
                raise ConfigError(
                    f"{whose[0].upper()}{whose[1:]} password {path} is no plain file of its owner "
                    f"alone; run: chmod 600 {path}."
                )
            password = file.read(MAX_PASSWORD + 1).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {whose} password {path}; see password_file.") from error
    if not 0 < len(password) <= MAX_PASSWORD or "\n" in password:
        raise ConfigError(
            f"{whose[0].upper()}{whose[1:]} password {path} must be one line of text."
        )
    return password


def credential(name: str, environment: Mapping[str, str]) -> Path | None:
    """Where systemd has put the credential of that name (systemd.exec(5)), if it has."""
    folder = environment.get(CREDENTIALS_VARIABLE)
    path = Path(folder) / name if folder else None
    return path if path is not None and path.exists() else None


def _opener(path: str, flags: int) -> int:
    # A named pipe must not make the start of the door wait.
    return os.open(path, flags | os.O_NONBLOCK)
