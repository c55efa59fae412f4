"""Find a gallery's file and key in its folder, or make both."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from accessctl.errors import GalleryKeyError
from accessctl.gallery.database import Database
from accessctl.gallery.faults import reported
from accessctl.gallery.keys import (
    CREDENTIAL,
    KEY_FILE_VARIABLE,
    find_key,
    generate_key,
    local_key,
)
from accessctl.gallery.schema import database_file
from accessctl.storage.sqlite import connect, private_file

log = logging.getLogger(__name__)


def open_database(
    folder: Path,
    environment: Mapping[str, str],
    random_bytes: Callable[[int], bytes],
    busy_timeout_s: float,
) -> Database:
    """The database in `folder` with its key; errors as in store.open_gallery."""
    path = database_file(folder)
    with reported(folder), _prepared(folder):
        key = _key(folder, path, environment, random_bytes)
        with reported(path):
            private_file(path)
            db = connect(path, busy_timeout_s)
        try:
            return Database(db, path, key, random_bytes, busy_timeout_s=busy_timeout_s)
        except BaseException:
            db.close()
            raise


def _key(
    folder: Path, path: Path, environment: Mapping[str, str], random_bytes: Callable[[int], bytes]
) -> bytes:
    key = find_key(folder, environment)
    if key is not None:
        return key
    if path.exists():
        raise GalleryKeyError(
            f"The gallery {path} is there but its key is not; restore {local_key(folder)}, "
            f"or name the key in {KEY_FILE_VARIABLE} or as the systemd credential {CREDENTIAL}."
        )
    return generate_key(folder, random_bytes)


@contextmanager
def _prepared(folder: Path) -> Iterator[None]:
    """The folder exists, is private, and nobody else is creating a gallery in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        try:
            folder.chmod(0o700)
        except PermissionError:
            log.warning("Other users can look into %s, which belongs to somebody else.", folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
