"""Who asks the hub: the door whose certificate the connection showed, looked up at each request.

A thread of its own looks them up. If one of the threads that answer requests did it, it would come
after everything else that is asked for in the same moment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from fastapi import Request

from accessctl.errors import HubError
from accessctl.hub.doors import NOT_KNOWN, Doors
from accessctl.hub.peer import PEER


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


Waiting: TypeAlias = Sequence[tuple[str, "asyncio.Future[str | None]"]]


def _still_there(lot: Waiting) -> Waiting:
    """Without those who hung up meanwhile."""
    return [one for one in lot if not one[1].done()]


class Admission:
    """Looks up in the database whose certificate counts, after each request has come: of all who
    asked while the last look was made at once. In one event loop."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._thread = ThreadPoolExecutor(1, "admission")
        self._waiting: list[tuple[str, asyncio.Future[str | None]]] = []
        self._looking: asyncio.Task[None] | None = None

    async def door_of(self, serial: str) -> str | None:
        """The id of the door whose certificate this is, None where it does not count.
        StoreError."""
        mine: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((serial, mine))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await mine

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                lot, self._waiting = self._waiting, []
                serials = {serial for serial, _ in lot}
                try:
                    doors = await loop.run_in_executor(self._thread, self._doors.admit_all, serials)
                except Exception as fault:  # noqa: BLE001 - raised where each of them waits
                    for _, mine in _still_there(lot):
                        mine.set_exception(fault)
                else:
                    for serial, mine in _still_there(lot):
                        mine.set_result(doors.get(serial))
        finally:
            self._looking = None


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
