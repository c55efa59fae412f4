"""What a door sees, for operators who look at it: only while somebody does, and nowhere kept.

A door hears with the answer to its wait that somebody looks, and sends pictures until nobody does.
The newest one of each door lies in memory for as long as somebody looks at that door. That somebody
began to look is in the journal first, with who they are. Of the looks that there may be at once
one operator has a part: beyond it their newest takes the place of their oldest, so that a page that
connects anew waits for none of its own, and nobody keeps the others out.
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

MOST_LOOKS, LOOKS_EACH = 32, 12
"""At once, of all operators and of one: as many doors as one page shows (console.live_pages)."""
JPEG_BEGINS, JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """`jpeg` as the door made it, at `time` (epoch seconds of the door); the faces in it name
    people by id, for those who may know."""

    time: float
    jpeg: bytes
    faces: tuple[LiveFace, ...]


class LookReplacedError(Exception):
    """A look gave way to a later one of the same operator's."""


class Viewer:
    """One look of an operator's at one door, in the event loop in which it was made."""

    def __init__(self, door: str, operator: str) -> None:
        self.door, self.operator = door, operator
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._picture: SeenPicture | None = None
        self._is_replaced = False

    async def next(self, timeout_s: float) -> SeenPicture | None:
        """The newest picture that was not given yet; None where none comes in time.
        LookReplacedError."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._come.wait()
        if self._is_replaced:
            raise LookReplacedError
        self._come.clear()
        picture, self._picture = self._picture, None
        return picture

    def show(self, picture: SeenPicture) -> None:
        """From any thread; one that was not looked at yet gives way to it."""
        # The loop may have ended meanwhile, and whoever looked with it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, picture)

    def replace(self) -> None:
        """From any thread: it shows nothing more."""
        self._is_replaced = True
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._come.set)

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
        self._viewers: list[Viewer] = []
        """The oldest first."""
        self._newest: dict[str, SeenPicture] = {}

    def begin(self, door: str, operator: str) -> str:
        """The id of the door of this name, once it is on record that this operator looks at it;
        InputError, also where too many look, StoreError. It waits for the database; `watch` does
        not."""
        found = self._doors.id_of(door)
        with self._lock:
            # Else each try of a page that is refused would be on record as a look.
            self._gives_way(operator)
        told = {"door": found, "name": door, "operator": operator}
        with self._database.writing() as db:
            write_journal(self._database, db, JournalKind.WATCHED, self._now(), told)
        return found

    @contextmanager
    def watch(self, door: str, operator: str) -> Iterator[Viewer]:
        """That operator looks at the door of this id, which `begin` gave; InputError where too many
        look."""
        viewer = Viewer(door, operator)
        with self._lock:
            oldest = self._gives_way(operator)
            self._viewers.append(viewer)
            newest = self._newest.get(door)
        if oldest is not None:
            self._end(oldest)
            oldest.replace()
        if newest is not None:
            viewer.show(newest)
        self._waking.wake(door)
        try:
            yield viewer
        finally:
            self._end(viewer)

    def _gives_way(self, operator: str) -> Viewer | None:
        """The look of this operator's that another one would take the place of; InputError where
        others leave no room."""
        own = [one for one in self._viewers if one.operator == operator]
        if len(own) >= LOOKS_EACH:
            return own[0]
        if len(self._viewers) >= MOST_LOOKS:
            raise InputError(f"{MOST_LOOKS} live pictures are looked at already; try again later.")
        return None

    def _end(self, viewer: Viewer) -> None:
        """Also of one that has ended."""
        with self._lock:
            if viewer not in self._viewers:
                return
            self._viewers.remove(viewer)
            if not any(one.door == viewer.door for one in self._viewers):
                self._newest.pop(viewer.door, None)
        self._waking.wake(viewer.door)

    def is_watched(self, door: str) -> bool:
        with self._lock:
            return any(one.door == door for one in self._viewers)

    def show(self, door: str, picture: LivePicture) -> bool:
        """Whether somebody looks on; InputError for what is no picture."""
        seen = SeenPicture(picture.time, _jpeg_in(picture.jpeg), picture.faces)
        with self._lock:
            viewers = [one for one in self._viewers if one.door == door]
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
