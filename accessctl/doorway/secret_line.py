"""One line of text in a file of its owner alone: a relay's password, a controller's key."""

import os
import stat
from pathlib import Path

from accessctl.errors import ConfigError

MAX_SECRET = 256


def secret_line(path: Path, what: str, setting: str, *, private: bool = True) -> str:
    """The only line of the file. ConfigError, with `what` it is and the `setting` that names it,
    where it is something else, or (`private`) others may read it."""
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or (private and status.st_mode & 0o077):
                raise ConfigError(
                    f"{what} {path} is no plain file of its owner alone; run: chmod 600 {path}."
                )
            line = file.read(MAX_SECRET + 1).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {_lower(what)} {path}; see {setting}.") from error
    if not 0 < len(line) <= MAX_SECRET or "\n" in line:
        raise ConfigError(f"{what} {path} must be one line of text.")
    return line


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


def _opener(path: str, flags: int) -> int:
    # A named pipe must not make the start of the door wait.
    return os.open(path, flags | os.O_NONBLOCK)
