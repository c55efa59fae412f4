"""What a door asks besides changes while it waits at its hub, and a line of its own for answers."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from accessctl.errors import FaultError, HubError
from accessctl.sync.client import DoorClient
from accessctl.sync.identity import load_membership

AnswerT = TypeVar("AnswerT")


class DoorLine:
    """A connection of this door to the hub at `url`, made when it is first used and again after
    each fault; one thread at a time. What joining left lies in `folder`."""

    def __init__(self, url: str, folder: Path, now: Callable[[], float] = time.time) -> None:
        """`now` is epoch time."""
        self._url = url
        self._folder = folder
        self._now = now
        self._client: DoorClient | None = None

    def ask(self, what: Callable[[DoorClient], AnswerT]) -> AnswerT:
        """HubError, FaultError."""
        client = self._client or self._connected()
        try:
            return what(client)
        except HubError:
            self.close()
            raise

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _connected(self) -> DoorClient:
        member = load_membership(self._folder)
        if member is None:
            raise FaultError("This door has joined no hub.")
        self._client = DoorClient(self._url, member, self._now())
        return self._client
