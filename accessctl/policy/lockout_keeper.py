"""One door's lockout as its loop asks for it."""

import logging
import threading
from collections.abc import Callable

from accessctl.config import LockoutConfig
from accessctl.errors import StoreError
from accessctl.policy.evidence import Verdict
from accessctl.policy.lockout import Lockout, Uptime, after
from accessctl.policy.lockout_store import LockoutStore

log = logging.getLogger(__name__)


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
