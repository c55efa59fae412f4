"""Where the result of a self-test is kept."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from accessctl.errors import FaultError


def result_path(beside: Path, began: datetime) -> Path:
    """A file of that date in the folder of `beside`, which is made if need be (0700).

    Raises FaultError when nothing can be written there, so that nobody presents in vain.
    """
    folder = beside.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"liveness-selftest-{began:%Y%m%dT%H%M%S}.json"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return path


def write_result(path: Path, content: Mapping[str, Any]) -> None:
    """Put `content` in the place of what `path` held, whole or not at all; 0600."""
    fresh = path.with_suffix(".tmp")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> FaultError:
    return FaultError(
        f"The self-test's result cannot be kept in {folder} ({error.strerror}); "
        "make that folder writable, or name another event log in audit.file."
    )
