"""One hub at a time serves one folder and one database.

Two would not hear of each other's changes at once: a door that one of them has just revoked could
go on waiting at the other. The kernel lets go of the folder, and PostgreSQL of its lock, when their
holder dies.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from accessctl.errors import FaultError, StoreError
from accessctl.hub.answering import within
from accessctl.hub.database import SERVING_LOCK, HubDatabase
from accessctl.storage.files import create_private, make_private_folder

LOCK_FILE = ".serving"
WAIT_S, RETRY_S = 40.0, 0.2
"""For how long a hub that starts waits for PostgreSQL to see that the one before is gone."""
AGAIN_S = 5.0
"""For how long one that lost its connection waits for its own former one to be gone there."""
_OURS = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE (pid, backend_start) = (:p, :s)"
)


class AnotherHubError(FaultError):
    """Another hub serves the database."""


@contextmanager
def sole_hub(
    folder: Path,
    database: HubDatabase,
    *,
    wait_s: float = 0.0,
    again_s: float = AGAIN_S,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[Callable[[], None]]:
    """While the block runs no other hub serves them; FaultError where one does after `wait_s`.

    What is given is to be called now and then: a connection to PostgreSQL that was lost takes the
    lock with it, and is made anew. It raises AnotherHubError where another hub was quicker and
    has the lock after `again_s` still, StoreError.
    """
    with ExitStack() as stack:
        stack.enter_context(_folder(folder))
        held = stack.enter_context(_DatabaseLock(database, again_s, pause))
        held.take(wait_s)
        yield held.keep


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    path = folder / LOCK_FILE
    try:
        make_private_folder(folder)
        create_private(path)
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(
            f"The hub's folder {folder} cannot be written ({error.strerror}); check who owns it, "
            "and its disk."
        ) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FaultError(f"A hub runs on {folder} already; stop it first.") from error
        yield
    finally:
        os.close(file)


class _DatabaseLock:
    """An advisory lock of PostgreSQL on a connection of its own; an embedded database has none,
    and lies in the folder."""

    def __init__(
        self, database: HubDatabase, again_s: float, pause: Callable[[float], object]
    ) -> None:
        self._database = database
        self._again_s = again_s
        self._pause = pause
        self._stack = ExitStack()
        self._db: Connection | None = None
        self._former: tuple[Any, ...] | None = None

    def __enter__(self) -> "_DatabaseLock":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, wait_s: float) -> None:
        """AnotherHubError where another one has it after that."""
        if self._database.is_embedded:
            return
        retries = round(wait_s / RETRY_S)
        db = self._stack.enter_context(self._database.connection())
        # In the pool it would keep the lock.
        db.detach()
        query = text("SELECT pg_try_advisory_lock(:name)")
        while not db.execute(query, {"name": SERVING_LOCK}).scalar():
            if retries <= 0:
                self._stack.close()
                raise AnotherHubError(
                    "Another hub serves this database already; stop it, or name another database "
                    "in hub.database_file."
                )
            retries -= 1
            self._pause(RETRY_S)
        self._former = tuple(db.execute(text(_OURS)).one())
        self._db = db

    def keep(self) -> None:
        """See sole_hub."""
        if self._database.is_embedded or (self._db is not None and self._is_alive(self._db)):
            return
        self._db = None
        self._stack.close()
        self._end_former()
        self.take(self._again_s)

    def _end_former(self) -> None:
        """PostgreSQL may not have noticed yet that this hub's own connection is lost, and has the
        lock held by it."""
        if self._former is not None:
            pid, start = self._former
            with self._database.connection() as db:
                db.execute(text(_END), {"p": pid, "s": start})

    def _is_alive(self, db: Connection) -> bool:
        try:
            with within(self._database.patience.ping_s):
                db.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001 - whatever it is, the connection is of no use any more
            return False
        return True
