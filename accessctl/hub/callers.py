"""Who asks the hub: the door whose certificate the connection showed, looked up at each request.

A thread of its own looks them up. If one of the threads that answer requests did it, it would come
after everything else that is asked for in the same moment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from fastapi import Request

from accessctl.errors import HubError
from accessctl.hub.doors import NOT_KNOWN, Doors
from accessctl.hub.peer import PEER
from accessctl.hub.together_in_loop import TogetherInLoop


class Caller:
    """The door that asks: its id, and the serial of the certificate that it showed."""

    def __init__(self, door: str, serial: str) -> None:
        self.door = door
        self.serial = serial


class NotAdmittedError(HubError):
    """Whoever asks shows a certificate that does not count."""


class NoCertificateError(NotAdmittedError):
    """Whoever asks shows none."""

    def __init__(self) -> None:
        super().__init__("Only a door that has joined may ask this; show its certificate.")


class Admission:
    """Looks up in the database whose certificate counts, after each request has come: of all who
    asked while the last look was made at once. In one event loop."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._thread = ThreadPoolExecutor(1, "admission")
        self._together = TogetherInLoop(self._look)

    async def door_of(self, serial: str) -> str | None:
        """The id of the door whose certificate this is, None where it does not count.
        StoreError."""
        return await self._together(serial)

    async def _look(self, serials: Sequence[str]) -> Sequence[str | None]:
        loop = asyncio.get_running_loop()
        doors = await loop.run_in_executor(self._thread, self._doors.admit_all, set(serials))
        return [doors.get(serial) for serial in serials]


def caller_by(doors: Doors) -> Callable[[Request], Awaitable[Caller]]:
    """What a route depends on that only doors may ask; NotAdmittedError."""
    admission = Admission(doors)

    async def caller(request: Request) -> Caller:
        serial = request.scope.get("extensions", {}).get(PEER)
        if serial is None:
            raise NoCertificateError
        door = await admission.door_of(serial)
        if door is None:
            raise NotAdmittedError(NOT_KNOWN)
        return Caller(door, serial)

    return caller
