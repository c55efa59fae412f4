"""Models and configurations that are written whole or not at all, and faults told as a sentence."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accessctl.errors import FetchError
from accessctl.storage import files

PUBLIC = 0o644


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whose folder is made; raises FetchError.

    The file is readable by everybody: models are public, and the door's user need not be
    the one who fetched them.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(path, data, mode=PUBLIC)


def replace_text(path: Path, text: str) -> None:
    """Put `text` in place of what the file holds; who may read it stays; raises FetchError."""
    target = path.resolve()
    with _told(path):
        before = target.stat()
        files.write_atomically(
            target,
            text.encode("utf-8"),
            mode=stat.S_IMODE(before.st_mode),
            owner=(before.st_uid, before.st_gid),
        )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FetchError(
            f"Cannot write {path} ({error.strerror}); make room or allow writing there."
        ) from error
