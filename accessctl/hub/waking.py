"""Wakes the doors that wait at the hub: in the event loop, for neither a thread nor a query each.

Whoever changes something that doors have to hear of says so in the same transaction (`notify`),
in whichever process that is. One thread of the running hub hears it, asks the database once for
all what is newest now, and wakes the waits. A look every few seconds makes up for what it missed.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, text

from accessctl.background import BackgroundThread
from accessctl.errors import StoreError
from accessctl.hub.database import HubDatabase
from accessctl.hub.tables import DOOR, JOINED

CHANNEL = "accessctl_hub"
LOOK_S = 5.0
"""How long it takes at most until a change is heard of that nobody was told of."""
LISTEN_S = 0.2
RETRY_S = 2.0
CLOSE_S = 5.0
BETWEEN_WAITS_S = 5.0
"""A door whose wait was answered is back sooner: what it was told of is done by then."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Newest:
    """The last number of the feed, and of the crossings of each area."""

    seq: int = 0
    crossings: Mapping[str, int] = field(default_factory=dict)


def notify(database: HubDatabase, db: Connection, door: str | None = None) -> None:
    """Wake that door's wait, or all, once the caller's writing transaction is on the disk.

    PostgreSQL tells of it then; of its embedded database the hub sees that somebody wrote.
    """
    if not database.is_embedded:
        said = {"channel": CHANNEL, "door": door or ""}
        db.execute(text("SELECT pg_notify(:channel, :door)"), said)


class Waiter:
    """One wait of one door, in the event loop in which it was made."""

    def __init__(self, door: str) -> None:
        self.door = door
        self.is_revoked = False
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    async def woken(self, timeout_s: float) -> bool:
        """Whether somebody woke it since the last time, or does so in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        was_woken = self._woken.is_set()
        self._woken.clear()
        return was_woken

    def wake(self) -> None:
        """From any thread."""
        # The loop may have ended meanwhile, and the wait with it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._woken.set)


class Waking:
    """The waits of all doors, from `start` to `close`; `wake` is for any thread."""

    def __init__(
        self,
        database: HubDatabase,
        newest: Callable[[Connection], Newest],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`newest` is asked in a reading transaction, for all waits together."""
        self._database = database
        self._ask_newest = newest
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._waiters: dict[str, list[Waiter]] = {}
        self._left: dict[str, float] = {}
        self._closing = threading.Event()
        self._thread: BackgroundThread | None = None
        self.newest = Newest()

    @property
    def is_closing(self) -> bool:
        """Whether the hub ends, and waits are to be answered as they are."""
        return self._closing.is_set()

    def start(self) -> None:
        """Look once, and then follow in a thread of its own; StoreError."""
        self._closing.clear()
        self.look()
        self._thread = BackgroundThread(
            self._run, name="waking", stop=self._closing.set, patience_s=CLOSE_S
        )
        self._thread.__enter__()

    def close(self) -> None:
        """End all waits; those that come later end at once."""
        self._closing.set()
        self.wake(None)
        if self._thread is not None:
            self._thread.__exit__(None, None, None)
            self._thread = None

    @contextmanager
    def waiting(self, door: str) -> Iterator[Waiter]:
        """A wait of this door, which misses nothing from now on."""
        waiter = Waiter(door)
        with self._lock:
            self._waiters.setdefault(door, []).append(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiters[door].remove(waiter)
                if not self._waiters[door]:
                    del self._waiters[door]
                    self._left[door] = self._monotonic()

    def is_connected(self, door: str) -> bool:
        """Whether it waits now, or did until just now."""
        with self._lock:
            left = self._left.get(door, float("-inf"))
            return door in self._waiters or self._monotonic() - left < BETWEEN_WAITS_S

    def wake(self, door: str | None) -> None:
        """That door's wait, or all where it is None."""
        with self._lock:
            if door is None:
                waiters = [one for found in self._waiters.values() for one in found]
            else:
                waiters = list(self._waiters.get(door, ()))
        for waiter in waiters:
            waiter.wake()

    def look(self) -> bool:
        """Ask what is newest and who is revoked, and wake whom it concerns; whether there was
        something new for all. StoreError."""
        with self._database.reading() as db:
            newest = self._ask_newest(db)
            joined = set(db.execute(select(DOOR.c.id).where(DOOR.c.state == JOINED)).scalars())
        is_new, self.newest = newest != self.newest, newest
        with self._lock:
            waiting = dict(self._waiters)
            self._left = {door: at for door, at in self._left.items() if door in joined}
        for door in waiting.keys() - joined:
            for waiter in waiting[door]:
                waiter.is_revoked = True
            self.wake(door)
        if is_new:
            self.wake(None)
        return is_new

    def _run(self) -> None:
        told = ""
        while not self._closing.is_set():
            try:
                with self._database.announcements(CHANNEL, self._closing.wait) as announced:
                    # What came before it listened.
                    self.look()
                    told = ""
                    self._follow(announced)
            except StoreError as error:
                if str(error) != told:
                    told = str(error)
                    log.error("Doors that wait are not woken: %s", told)
                self._closing.wait(RETRY_S)
            except Exception:  # logged: nothing may end what tells doors of removals
                log.exception("Doors that wait are not woken.")
                self._closing.wait(RETRY_S)

    def _follow(self, announced: Callable[[float], set[str]]) -> None:
        due = self._monotonic() + LOOK_S
        while not self._closing.is_set():
            doors = announced(LISTEN_S)
            if doors or self._monotonic() >= due:
                self.look()
                due = self._monotonic() + LOOK_S
                for door in doors - {""}:
                    self.wake(door)
