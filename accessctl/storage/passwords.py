"""Secrets in files: one line of text that nobody but its owner can read."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from accessctl.errors import ConfigError
from accessctl.storage.files import CREDENTIALS_VARIABLE, OTHERS

MAX_SECRET = 256


def password_in(path: Path, whose: str, *, private: bool = True) -> str:
    """`secret_line` that is `whose` password ("the relay's")."""
    what = f"{whose[0].upper()}{whose[1:]} password"
    return secret_line(path, what, "password_file", private=private)


def secret_line(path: Path, what: str, setting: str, *, private: bool = True) -> str:
    """The only line of the file. ConfigError, with `what` it is and the `setting` that names it,
    where it is something else, or (`private`) others may read it.

    Not `private`: systemd guards the file, and its mode says nothing.
    """
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or (private and status.st_mode & OTHERS):
                raise ConfigError(
                    f"{what} {path} is no plain file of its owner alone; run: chmod 600 {path}."
                )
            line = file.read(MAX_SECRET + 1).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        told = what[0].lower() + what[1:]
        raise ConfigError(f"Cannot read {told} {path}; see {setting}.") from error
    if not 0 < len(line) <= MAX_SECRET or "\n" in line:
        raise ConfigError(f"{what} {path} must be one line of text.")
    return line


def credential(name: str, environment: Mapping[str, str]) -> Path | None:
    """Where systemd has put the credential of that name (systemd.exec(5)), if it has."""
    folder = environment.get(CREDENTIALS_VARIABLE)
    path = Path(folder) / name if folder else None
    return path if path is not None and path.exists() else None


def _opener(path: str, flags: int) -> int:
    # A named pipe must not make the start of the door wait.
    return os.open(path, flags | os.O_NONBLOCK)
