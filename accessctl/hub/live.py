"""What a door sees, for operators who look at it: only while somebody does, and nowhere kept.

A door hears with the answer to its wait that somebody looks, and sends pictures until nobody does.
The newest one of each door lies in memory for as long as somebody looks at that door. That somebody
began to look is in the journal first, with who they are.
"""

import asyncio
import base64
import binascii
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from accessctl.errors import InputError
from accessctl.hub.database import HubDatabase
from accessctl.hub.doors import Doors
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.waking import Waking
from accessctl.sync.feed_wire import LiveFace, LivePicture

MOST_VIEWERS = 32
JPEG_BEGINS, JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """`jpeg` as the door made it, at `time` (epoch seconds of the door); the faces in it name
    people by id, for those who may know."""

    time: float
    jpeg: bytes
    faces: tuple[LiveFace, ...]


class Viewer:
    """One who looks at one door, in the event loop in which it was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._picture: SeenPicture | None = None

    async def next(self, timeout_s: float) -> SeenPicture | None:
        """The newest picture that was not given yet; None where none comes in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._come.wait()
        self._come.clear()
        picture, self._picture = self._picture, None
        return picture

    def show(self, picture: SeenPicture) -> None:
        """From any thread; one that was not looked at yet gives way to it."""
        # The loop may have ended meanwhile, and whoever looked with it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, picture)

    def _take(self, picture: SeenPicture) -> None:
        self._picture = picture
        self._come.set()


class Live:
    """Who looks at which door; any thread may use it, `watch` those with an event loop."""

    def __init__(
        self, database: HubDatabase, doors: Doors, waking: Waking, now: Callable[[], float]
    ) -> None:
        """`now` is epoch time."""
        self._database = database
        self._doors = doors
        self._waking = waking
        self._now = now
        self._lock = threading.Lock()
        self._viewers: dict[str, list[Viewer]] = {}
        self._newest: dict[str, SeenPicture] = {}

    def begin(self, door: str, operator: str) -> str:
        """The id of the door of this name, once it is on record that this operator looks at it;
        InputError, StoreError. It waits for the database; `watch` does not."""
        found = self._doors.id_of(door)
        told = {"door": found, "name": door, "operator": operator}
        with self._database.writing() as db:
            write_journal(self._database, db, JournalKind.WATCHED, self._now(), told)
        return found

    @contextmanager
    def watch(self, door: str) -> Iterator[Viewer]:
        """Look at the door of this id, which `begin` gave; InputError where too many look."""
        viewer = Viewer()
        with self._lock:
            if sum(map(len, self._viewers.values())) >= MOST_VIEWERS:
                raise InputError(f"{MOST_VIEWERS} people look at doors already; try again later.")
            self._viewers.setdefault(door, []).append(viewer)
            newest = self._newest.get(door)
        if newest is not None:
            viewer.show(newest)
        self._waking.wake(door)
        try:
            yield viewer
        finally:
            with self._lock:
                self._viewers[door].remove(viewer)
                if not self._viewers[door]:
                    del self._viewers[door]
                    self._newest.pop(door, None)
            self._waking.wake(door)

    def is_watched(self, door: str) -> bool:
        with self._lock:
            return door in self._viewers

    def show(self, door: str, picture: LivePicture) -> bool:
        """Whether somebody looks on; InputError for what is no picture."""
        seen = SeenPicture(picture.time, _jpeg_in(picture.jpeg), picture.faces)
        with self._lock:
            viewers = list(self._viewers.get(door, ()))
            if viewers:
                self._newest[door] = seen
        for viewer in viewers:
            viewer.show(seen)
        return bool(viewers)


def _jpeg_in(text: str) -> bytes:
    try:
        jpeg = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("The picture is no base64.") from error
    if not (jpeg.startswith(JPEG_BEGINS) and jpeg.endswith(JPEG_ENDS)):
        raise InputError("The picture is no JPEG.")
    return jpeg
