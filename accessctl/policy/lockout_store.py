"""Lockouts kept in one small SQLite file, so that they outlive the door's process, and one door's
lockout as its loop asks for it.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.errors import StoreError
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout import Lockout, after
from accessctl.storage.sqlite import (
    FaultWords,
    connect,
    private_file,
    refuse_foreign,
    reported,
    transaction,
)

APPLICATION_ID = 0x61636C6B
BUSY_TIMEOUT_S = 2.0
WORDS = FaultWords.all_alike(
    "The lockouts in {path} cannot be read or written ({what}); "
    "check the disk and who may write there."
)

log = logging.getLogger(__name__)


class LockoutStore:
    """The lockout of each door by its name; several processes may open the same file.

    Every method raises StoreError.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._reported():
            private_file(path)
            self._db = connect(path, busy_timeout_s)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def read(self, door: str) -> Lockout:
        with self._lock, self._reported():
            return self._read(door)

    def change(self, door: str, change: Callable[[Lockout], Lockout]) -> Lockout:
        """Read, change and write in one transaction; on disk when this returns."""
        with self._lock, self._reported():
            with transaction(self._db):
                before = self._read(door)
                state = change(before)
                if state != before:
                    self._write(door, state)
            return state

    def close(self) -> None:
        with self._lock, self._reported():
            self._db.close()

    def __enter__(self) -> "LockoutStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        refuse_foreign(
            self._db,
            APPLICATION_ID,
            f"{self._path} is another program's database; name another policy.lockout.file.",
        )
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(
            """CREATE TABLE IF NOT EXISTS lockout (
                   door TEXT PRIMARY KEY,
                   refused INTEGER NOT NULL,
                   boot TEXT,
                   seconds REAL,
                   lasts_s REAL NOT NULL,
                   off INTEGER NOT NULL) STRICT"""
        )
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _read(self, door: str) -> Lockout:
        row = self._db.execute(
            "SELECT refused, boot, seconds, lasts_s, off FROM lockout WHERE door = ?", (door,)
        ).fetchone()
        if row is None:
            return Lockout()
        refused, boot, seconds, lasts_s, off = row
        # A damaged file gives other types than the table's.
        whole = type(refused) is type(off) is int and type(lasts_s) is float
        if not (whole and refused >= 0 and lasts_s >= 0 and _is_moment(boot, seconds)):
            raise StoreError(
                f"The lockouts in {self._path} are damaged; move the file away, and every "
                "lockout begins anew."
            )
        since = None if boot is None or seconds is None else Uptime(boot, seconds)
        return Lockout(refused, since, lasts_s, bool(off))

    def _write(self, door: str, state: Lockout) -> None:
        since = state.since
        boot, seconds = (None, None) if since is None else (since.boot, since.seconds)
        self._db.execute(
            "INSERT OR REPLACE INTO lockout VALUES (?, ?, ?, ?, ?, ?)",
            (door, state.refused, boot, seconds, state.lasts_s, int(state.off)),
        )

    def _reported(self) -> AbstractContextManager[None]:
        return reported(self._path, WORDS)


def _is_moment(boot: object, seconds: object) -> bool:
    known = type(boot) is str and type(seconds) is float
    return known or (boot is None and seconds is None)


class LockoutKeeper:
    """Once made, it never raises: while the disk fails, lockouts go on in memory.

    Threads may share one.
    """

    def __init__(
        self,
        store: LockoutStore,
        door: str,
        config: LockoutConfig,
        uptime: Callable[[], Uptime],
    ) -> None:
        """Takes over what was kept; StoreError when it cannot be read."""
        self._store = store
        self._door = door
        self._config = config
        self._uptime = uptime
        now = uptime()
        self._state = store.change(door, lambda kept: kept.settled(now))
        self._unsaved = False
        self._lock = threading.Lock()

    def reconfigure(self, config: LockoutConfig) -> None:
        """Count by other rules from now on; what was counted stays."""
        with self._lock:
            self._config = config

    def remaining_s(self) -> float:
        """Seconds until faces count again, 0 when they do; sees `unlock-face` at once."""
        with self._lock:
            if not self._unsaved:
                try:
                    self._state = self._store.read(self._door)
                except StoreError as error:
                    log.error("Going on with the lockout as last seen: %s", error)
            return self._state.remaining_s(self._uptime())

    def note(self, verdict: Verdict) -> None:
        """Count a verdict that was given; kept in memory while the disk does not take it."""
        now = self._uptime()

        def step(kept: Lockout) -> Lockout:
            return after(self._state if self._unsaved else kept, verdict, now, self._config)

        with self._lock:
            try:
                self._state = self._store.change(self._door, step)
                self._unsaved = False
            except StoreError as error:
                self._state = after(self._state, verdict, now, self._config)
                self._unsaved = True
                log.error("A lockout could not be written down: %s", error)
