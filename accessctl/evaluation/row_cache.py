"""Rows of numbers about photographs, kept between runs: each is hours of work for somebody.

What is kept is biometric, so files are for their owner only, like a gallery's.
"""

import logging
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import StoreError

logger = logging.getLogger(__name__)

Row = tuple[NDArray[np.generic], ...]


def default_cache(environ: Mapping[str, str]) -> Path:
    """Where the XDG base directory specification puts what can be made again."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "accessctl" / "evaluation"


class RowCache:
    """`rows` by a photo's name; each row has the same arrays. Without `path`, in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.rows: dict[str, Row] = {} if path is None else _load(path)
        self._kept = len(self.rows)

    def save(self) -> None:
        """Write when there is something new; StoreError."""
        if self._path is None or len(self.rows) == self._kept:
            return
        # Somebody else may have kept rows meanwhile.
        self.rows = {**_load(self._path), **self.rows}
        columns = zip(*self.rows.values(), strict=True)
        arrays = {f"column_{i}": np.stack(column) for i, column in enumerate(columns)}
        try:
            _write(self._path, {"names": np.array(list(self.rows)), **arrays})
        except OSError as error:
            raise StoreError(
                f"Cannot write {self._path} ({error.strerror}); name another folder with --cache."
            ) from error
        self._kept = len(self.rows)


def _load(path: Path) -> dict[str, Row]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            names = stored["names"].tolist()
            columns = [stored[f"column_{i}"] for i in range(len(stored.files) - 1)]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s is damaged (%s) and made anew.", path, error)
        return {}
    return dict(zip(names, zip(*columns, strict=True), strict=True))


def _write(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".rows.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]  # its stub mistakes names for flags
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
