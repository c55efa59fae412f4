"""Wakes the doors that wait at the hub: in the event loop, for neither a thread nor a query each.

Whoever changes something that doors have to hear of says so in the same transaction (`notify`),
in whichever process that is. One thread of the running hub hears it, asks the database once for
all what is newest now, hands out what the feed has anew (see `handing`), and wakes the waits. A
look every few seconds makes up for what it missed.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, select, text

from accessctl.background import BackgroundThread
from accessctl.errors import StoreError
from accessctl.hub.database import HubDatabase
from accessctl.hub.tables import DOOR, JOINED
from accessctl.hub.together_in_loop import TogetherInLoop
from accessctl.sync.feed_wire import Change

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


class Wait(NamedTuple):
    """Which door waits, and after which number of the feed."""

    door: str
    after: int


@dataclass(frozen=True, slots=True)
class Handed:
    """All changes for a door after the number that it waits after, up to `seq`."""

    seq: int
    changes: tuple[Change, ...]


Hand: TypeAlias = Callable[[int, Collection[Wait]], Mapping[Wait, tuple[Change, ...]]]
"""See handing.Handing.hand."""


def hand_nothing(_seq: int, _waits: Collection[Wait]) -> Mapping[Wait, tuple[Change, ...]]:
    """For waits that are only woken."""
    return {}


class Waiter:
    """One wait of one door, in the event loop in which it was made; see Waking.waiting."""

    def __init__(self, door: str, after: int | None) -> None:
        self.door = door
        self.after = after
        self.is_revoked = False
        self.handed: Handed | None = None
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

    @staticmethod
    def wake_all(waiters: "Iterable[Waiter]") -> None:
        """From any thread; each loop is interrupted once."""
        asleep: dict[asyncio.AbstractEventLoop, list[asyncio.Event]] = {}
        for one in waiters:
            asleep.setdefault(one._loop, []).append(one._woken)
        for loop, events in asleep.items():
            # The loop may have ended meanwhile, and the waits with it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_set_all, events)


def _set_all(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        event.set()


class Waking:
    """The waits of all doors, from `start` to `close`; `wake` is for any thread."""

    def __init__(
        self,
        database: HubDatabase,
        newest: Callable[[Connection], Newest],
        monotonic: Callable[[], float] = time.monotonic,
        hand: Hand = hand_nothing,
    ) -> None:
        """`newest` is asked in a reading transaction, for all waits together."""
        self._database = database
        self._ask_newest = newest
        self._monotonic = monotonic
        self._hand = hand
        self._looking = threading.Lock()
        self._together = TogetherInLoop(self._look_for_all)
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
    def waiting(self, door: str, after: int | None = None) -> Iterator[Waiter]:
        """A wait of this door, which misses nothing from now on; it is handed what the feed has
        after the number `after`, if it says one."""
        waiter = Waiter(door, after)
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
            waiters = self._all() if door is None else list(self._waiters.get(door, ()))
        Waiter.wake_all(waiters)

    def look(self) -> bool:
        """Ask what is newest and who is revoked, hand out what is new, and wake whom it concerns;
        whether there was something new for all. StoreError."""
        with self._looking:
            with self._database.reading() as db:
                newest = self._ask_newest(db)
                query = select(DOOR.c.id).where(DOOR.c.state == JOINED)
                joined = set(db.execute(query).scalars())
            with self._lock:
                waiters = self._all()
                self._left = {door: at for door, at in self._left.items() if door in joined}
            revoked = [one for one in waiters if one.door not in joined]
            for one in revoked:
                one.is_revoked = True
            Waiter.wake_all(revoked)
            known = self.newest
            untouched: set[Waiter] = set()
            if newest.seq != known.seq:
                untouched = self._hand_out(newest.seq, set(waiters).difference(revoked))
            self.newest = newest
            if newest != known:
                with self._lock:
                    waiters = self._all()
                is_crossed = newest.crossings != known.crossings
                Waiter.wake_all(one for one in waiters if is_crossed or one not in untouched)
        return newest != known

    async def look_together(self) -> None:
        """A look that begins from now on, shared by all who ask for one while another is made: a
        thousand doors may be ahead of the last one at once. In one event loop; StoreError."""
        await self._together(None)

    async def _look_for_all(self, asking: Sequence[None]) -> Sequence[None]:
        await asyncio.to_thread(self.look)
        return asking

    def _all(self) -> list[Waiter]:
        return [one for found in self._waiters.values() for one in found]

    def _hand_out(self, seq: int, waiters: Collection[Waiter]) -> set[Waiter]:
        """Those who have part in nothing of what is new: they hear how far the feed is when their
        wait is over."""
        waits = {one: Wait(one.door, one.after) for one in waiters if one.after is not None}
        if not waits:
            return set()
        try:
            handed = self._hand(seq, set(waits.values()))
        except StoreError as error:
            log.error("Doors have to ask for what changed: %s", error)
            return set()
        except Exception:  # logged: a row that cannot be read must not end all waking
            log.exception("Doors have to ask for what changed.")
            return set()
        found = {one: handed[wait] for one, wait in waits.items() if wait in handed}
        for one, changes in found.items():
            one.handed = Handed(seq, changes)
        return {one for one, changes in found.items() if not changes}

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
