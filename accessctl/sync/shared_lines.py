"""The connections of one door to its hub, of which the door's threads make use together.

A new one costs the hub more than what is asked by it, and after a change that concerns a thousand
doors it would be a thousand at once. What the log's heartbeat keeps open, others find open.
"""

import threading
from typing import Any

from accessctl.sync.client import HubConnection
from accessctl.sync.feed_wire import WAIT
from accessctl.sync.identity import Membership


class SharedLines:
    """Any thread may take connections to the hub at `url`, and closes what it took."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._open: _Shared | None = None

    def taken(self, member: Membership) -> HubConnection:
        """The one that others use who show the same certificate, or a new one; OSError and
        ssl.SSLError where the certificate cannot be used."""
        serial = member.certificate.serial_number
        with self._lock:
            if self._open is None or self._open.serial != serial or not self._open.users:
                # Whoever uses the one before ends it.
                self._open = _Shared(self._url, member, serial, self._lock)
            self._open.users += 1
            return self._open


class _Shared(HubConnection):
    """Is closed when the last of its `users` closes it."""

    def __init__(self, url: str, member: Membership, serial: int, lock: threading.Lock) -> None:
        super().__init__(url, member.tls())
        self.serial = serial
        self.users = 0
        self._asking = 0
        self._lock = lock

    @property
    def is_busy(self) -> bool:
        return self._asking > 0

    def ask(self, method: str, path: str, *args: Any, **more: Any) -> Any:
        """A wait has a line of its own, which nobody else would get anyway."""
        if path.startswith(WAIT):
            return super().ask(method, path, *args, **more)
        with self._lock:
            self._asking += 1
        try:
            return super().ask(method, path, *args, **more)
        finally:
            with self._lock:
                self._asking -= 1

    def close(self) -> None:
        with self._lock:
            self.users -= 1
            is_over = self.users == 0
        if is_over:
            super().close()
