"""Digests of model files: of those made on this machine, and of several files together.

What is made here cannot be in the committed card: a SHA256SUMS file beside it lists it, as
`sha256sum` writes and checks it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from accessctl.errors import ModelError

LINE = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9._-]{1,200})")
MAX_BYTES = 1 << 16
REMEDY = "run `accessctl models fetch` or `accessctl models unpack`"


def format_sums(sums: Mapping[str, str]) -> str:
    """The text of a SHA256SUMS file: {file name: hex digest}."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def read_sums(path: Path) -> dict[str, str]:
    """{file name: hex digest}; raises ModelError when missing or malformed."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path} is not a list of SHA-256 sums; {REMEDY}.")
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"Cannot read {path} ({_cause(error)}); {REMEDY}.") from error
    sums = {}
    for line in lines:
        match = LINE.fullmatch(line)
        if match is None:
            raise ModelError(f"{path} is not a list of SHA-256 sums; {REMEDY}.")
        sums[match[2]] = match[1]
    return sums


def read_checked(path: Path, sums: Path | None) -> bytes:
    """The bytes of a model file, which must have the digest that `sums` lists for its name.

    `sums` None: the file is believed as it is. The bytes that were checked are the bytes
    to load, so that a swap in between changes nothing. Raises ModelError.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"Cannot read the model {path} ({_cause(error)}); {REMEDY}.") from error
    if sums is None:
        return data
    expected = read_sums(sums).get(path.name)
    if expected is None:
        raise ModelError(f"{sums} lists no digest for {path.name}; {REMEDY}.")
    if hashlib.sha256(data).hexdigest() != expected:
        raise ModelError(
            f"{path} was altered since it was made (SHA-256 differs from {sums.name}); {REMEDY}."
        )
    return data


def _cause(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "not text"


def combined(lines: Iterable[str]) -> str:
    """Lower-case hex SHA-256 of `lines`, each ended by a newline."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf-8")).hexdigest()
