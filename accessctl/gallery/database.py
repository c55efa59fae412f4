"""The gallery's SQLite file: found or made with its key, whole transactions, erasing for good.

What is secret in it is sealed.
"""

import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accessctl.errors import DamagedError, GalleryKeyError, StoreError
from accessctl.gallery.badges import digest_of
from accessctl.gallery.schema import HEAD_BYTES, configure, database_file, migrate, reported
from accessctl.gallery.sealing import (
    CREDENTIAL,
    KEY_FILE_VARIABLE,
    Sealer,
    associated_data,
    find_key,
    generate_key,
    local_key,
)
from accessctl.storage.files import FileIdentity, identity, is_still
from accessctl.storage.sqlite import connect, pragma, private_file, transaction

BUSY_TIMEOUT_S = 10.0
NO_FILE: FileIdentity = (-1, -1)
BADGE_KEY = "badge_key"
"""The document that is the key of the site's badges."""
_KEY_CHECK = b"this key opens this gallery"

log = logging.getLogger(__name__)


class Database:
    """One connection, which several threads may use; every method raises StoreError.

    `db` is in autocommit mode and belongs to this object from now on; `random_bytes`
    makes ids and nonces. Raises GalleryKeyError when `key` is not this gallery's.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        key: bytes,
        random_bytes: Callable[[int], bytes],
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self._db = db
        self._path = path
        self._key = key
        self._sealer = Sealer(key)
        self._random = random_bytes
        self._lock = threading.RLock()
        self._busy_timeout_s = busy_timeout_s
        self._begin()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that raises the revision; all or nothing."""
        with self._lock, reported(self._path):
            self._check_file()
            with transaction(self._db) as db:
                yield db
                db.execute("UPDATE state SET revision = revision + 1")
                db.execute(
                    "INSERT INTO history (revision, head) SELECT revision, ? FROM state",
                    (self._random(HEAD_BYTES),),
                )

    @contextmanager
    def noting(self) -> Iterator[sqlite3.Connection]:
        """One transaction for what changes nobody: it leaves the revision as it is."""
        with self._lock, reported(self._path):
            self._check_file()
            with transaction(self._db) as db:
                yield db

    @contextmanager
    def erasing(self) -> Iterator[sqlite3.Connection]:
        """Like `writing`; what it overwrites or deletes is gone from every file afterwards."""
        with self.writing() as db:
            # In the same transaction: if this process dies before the files are clean,
            # whoever opens the gallery next cleans them.
            db.execute("UPDATE state SET erase_pending = erase_pending + 1")
            yield db
        try:
            self._erase()
        except StoreError as error:
            raise StoreError(
                "The change is made, but traces of what was removed remain until accessctl opens "
                f"the gallery again. {error}"
            ) from error

    @property
    def path(self) -> Path:
        return self._path

    def select(self, query: str, *parameters: str | int) -> list[tuple[Any, ...]]:
        with self._lock, reported(self._path):
            self._check_file()
            return self._db.execute(query, parameters).fetchall()

    def version(self) -> tuple[int, ...]:
        """Another one than before where anything was written since, by whomever."""
        with self._lock, reported(self._path):
            self._check_file()
            return (*self._file, pragma(self._db, "data_version"), self._db.total_changes)

    def new_id(self) -> str:
        """128 random bits in hex."""
        return self._random(16).hex()

    def seal(self, plaintext: bytes, *place: str) -> bytes:
        return self._sealer.seal(plaintext, associated_data(*place), self._random)

    def unseal(self, sealed: bytes, *place: str) -> bytes:
        if not all(isinstance(part, str) for part in place):
            raise DamagedError(f"{self._path} is damaged; restore it from a backup.")
        return self._sealer.unseal(sealed, associated_data(*place))

    def badge_digest(self, number: str) -> bytes:
        """See badges.digest_of; by the site's key, where there is one."""
        return digest_of(self.document(BADGE_KEY) or self._key, number)

    @property
    def has_badge_key(self) -> bool:
        """Whether `badge_digest` is by the site's key."""
        return self.document(BADGE_KEY) is not None

    def document(self, kind: str) -> bytes | None:
        """What the hub said of that kind for the whole site, None where it said nothing."""
        query = "SELECT sealed FROM site_document WHERE kind = ?"
        for (sealed,) in self.select(query, kind):
            return self.unseal(sealed, "site document", kind)
        return None

    def close(self) -> None:
        with self._lock, reported(self._path):
            self._db.close()

    def _begin(self) -> None:
        """Take the connection's file into use."""
        with reported(self._path):
            self._file = identity(self._path)
            configure(self._db, self._busy_timeout_s)
            migrate(self._db, self.seal(_KEY_CHECK, "key check"))
        self._check_key()
        self._journal = journal_of(self._path)
        self._finish_erasing()

    def _check_file(self) -> None:
        """Go on with the file that lies there now; StoreError where none does.

        SQLite would go on with a file that was removed or replaced: whoever is enrolled there
        is lost at the end, and whoever was removed from the new one would still be known.
        """
        if is_still(self._path, self._file):
            return
        in_use = self._file != NO_FILE and self._db.in_transaction
        if in_use or not self._path.exists():
            raise StoreError(
                f"{self._path} was removed or replaced while it was in use; "
                "restore it if it is gone, and try again."
            )
        log.warning("%s was replaced: opening it anew.", self._path)
        self._close_replaced()
        self._db = connect(self._path, self._busy_timeout_s)
        if not pragma(self._db, "user_version"):
            raise StoreError(
                f"{self._path} was replaced by a file that holds no gallery; "
                "put the right one back."
            )
        try:
            self._begin()
        except GalleryKeyError as error:
            self._file = NO_FILE
            raise StoreError(
                f"{self._path} was replaced by a gallery of another key; put the right one back."
            ) from error
        except BaseException:
            # It is opened anew the next time, too.
            self._file = NO_FILE
            raise

    def _close_replaced(self) -> None:
        """Close the connection to a file that lies there no longer.

        SQLite leaves the journal of such a file, by whose name the next one would take it for
        its own. One that is not this connection's belongs to the new file.
        """
        self._file = NO_FILE
        self._db.close()
        if self._journal is not None and journal_of(self._path) == self._journal:
            for ending in ("-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        self._journal = None

    def _check_key(self) -> None:
        sealed = self.select("SELECT key_check FROM state")[0][0]
        try:
            self.unseal(sealed, "key check")
        except StoreError as error:
            raise GalleryKeyError(
                f"The key does not open the gallery {self._path}; name the key it was made with."
            ) from error

    def _finish_erasing(self) -> None:
        try:
            self._erase()
        except StoreError as error:
            # A door must open its gallery all the same; the count stays for the next time.
            log.warning("Traces of removed people could not be erased yet: %s", error)

    def _erase(self) -> None:
        with self._lock, reported(self._path):
            pending = self._db.execute("SELECT erase_pending FROM state").fetchone()[0]
            if not pending:
                return
            # secure_delete zeroes freed bytes; VACUUM also drops copies that pages keep
            # when they are rearranged.
            self._db.execute("VACUUM")
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if busy:
                raise StoreError(f"Another process holds {self._path} open for reading.")
            # Only what was pending before: another process may have removed somebody since.
            self._db.execute(
                "UPDATE state SET erase_pending = 0 WHERE erase_pending = ?", (pending,)
            )


def journal_of(path: Path) -> FileIdentity | None:
    """The write-ahead log beside a database; None where there is none."""
    try:
        return identity(path.with_name(path.name + "-wal"))
    except FileNotFoundError:
        return None


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
