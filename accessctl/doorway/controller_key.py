"""The key of a controller's secure channel (SCBK of IEC 60839-11-5): 16 bytes, 32 hex digits."""

import re
from collections.abc import Mapping
from pathlib import Path

from accessctl.config import Config
from accessctl.errors import ConfigError
from accessctl.storage.files import write_atomically
from accessctl.storage.passwords import credential, secret_line

CREDENTIAL = "accessctl-controller-key"
FILE_NAME = "controller.key"
WHAT, SETTING = "The controller's key", "doorway.controller.key_file"
HEX = re.compile(r"[0-9A-Fa-f]{32}", re.ASCII)
DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D, which stands in the standard: whoever has read that could listen and answer."""


def key_file(config: Config) -> Path:
    """Where the key lies, unless systemd hands it out."""
    controller = config.doorway.controller
    named = None if controller is None else controller.key_file
    return named or config.audit.file.with_name(FILE_NAME)


def read_key(config: Config, environment: Mapping[str, str]) -> bytes:
    """ConfigError where there is none, where others may read it, or where it is no key of this
    controller's own."""
    handed = credential(CREDENTIAL, environment)
    path = handed or key_file(config)
    if not path.exists():
        raise ConfigError(
            f"There is no controller's key {path}; stop the door and run `accessctl controller "
            "pair`, or write the key that the controller shows into it (32 hexadecimal digits)."
        )
    # systemd guards the folder of credentials, whose mode says nothing.
    line = secret_line(path, WHAT, SETTING, private=handed is None)
    if HEX.fullmatch(line) is None:
        raise ConfigError(f"{WHAT} {path} is not 32 hexadecimal digits; pair again.")
    return own_key(bytes.fromhex(line))


def own_key(key: bytes) -> bytes:
    """The key; ConfigError for one that anybody would try."""
    if len(key) != 16 or key == DEFAULT_KEY or len(set(key)) == 1:
        raise ConfigError(
            "The controller's key is the one of the standard, or all alike: anybody would try it. "
            "Have the controller make one of its own, and pair again."
        )
    return key


def keep_key(path: Path, key: bytes) -> None:
    """Put the key into its file, 0600, in the place of one that is there; OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, key.hex().encode("ascii") + b"\n")
