"""One digest for weights that come from several files."""

import hashlib
from collections.abc import Iterable


def combined(lines: Iterable[str]) -> str:
    """Lower-case hex SHA-256 of `lines`, each ended by a newline."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf-8")).hexdigest()
