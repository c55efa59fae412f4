"""The two threads beside the door that keep its people as the hub's are.

One waits at the hub until there is something for this door; it does nothing else, so that a long
wait delays nothing. The other takes what the hub has, sends what was changed here, and writes down
how old the hub's last word is. Whatever goes wrong is logged once and tried again later; the door
decides by what it has, as far as `sync.stale` lets it.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from accessctl.clock import Clocks
from accessctl.config import Config, GalleryConfig
from accessctl.errors import AccessctlError, DamagedError
from accessctl.gallery.site_store import SiteGallery, open_site_gallery
from accessctl.sync.age import HubAge
from accessctl.sync.client import DoorClient, Lines
from accessctl.sync.due_moment import DueMoment
from accessctl.sync.feed import (
    BatchRecorder,
    FeedGiver,
    HandedBatch,
    HeadChecker,
    HubFeed,
    SiteRecord,
)
from accessctl.sync.feed_wire import ChangeBatch, WaitBeside, Waited
from accessctl.sync.identity import load_membership
from accessctl.sync.proposing import ProposalTaker, Proposing, RemovalSigner
from accessctl.sync.repeating import RepeatingThread
from accessctl.sync.site_key_ring import KeyGiver, SiteKeyRing

LOOK_S = 1.0
TAKE_EVERY_S = 40.0
"""Changes are asked for so long after the hub said last that there are none: while waits are
answered in time (after 25 s at the latest) nothing else is asked."""

RECEIPTS_WITHIN_S, RECEIPTS_AT_LAST_S = 3.0, 30.0
"""That somebody is gone here is told within that, each door at a moment of its own: the hub tells
the other doors of it first. Where the log is being sent then, as much later again, but not without
end: a log may be days behind."""

MEND_EVERY_S = 60.0
"""All that is kept of everybody is looked through so often: of 10,000 people that takes 0.2 s."""

Listener = Callable[[Waited], object]
"""Hears on the waiting thread what the hub told this door; it must not take long."""


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """Where a door's part of the feed lies: the hub's `url`, what joining it left in `folder`, and
    the door's gallery, with the `environment` that says where its key is."""

    url: str
    folder: Path
    gallery: GalleryConfig
    environment: Mapping[str, str]


class SiteHub(FeedGiver, KeyGiver, ProposalTaker, Protocol):
    """One connection to the hub; see client.DoorClient. HubError."""

    @property
    def is_busy(self) -> bool: ...

    def wait(self, after: int, beside: WaitBeside) -> Waited: ...

    def close(self) -> None: ...


class SiteMember(HeadChecker, RemovalSigner, Protocol):
    """Who this door is to its hub; see identity.Membership."""

    @property
    def hub_id(self) -> str: ...

    @property
    def door(self) -> str: ...


Dial: TypeAlias = Callable[[FeedPlace, float], tuple[SiteHub, SiteMember] | None]


def dial(
    place: FeedPlace, now: float, lines: Lines | None = None
) -> tuple[SiteHub, SiteMember] | None:
    """A connection at `now` (epoch seconds), the caller's own where there are no `lines`; None
    where this door has joined no hub. HubError, FaultError."""
    member = load_membership(place.folder)
    return None if member is None else (DoorClient(place.url, member, now, lines), member)


class Ahead(NamedTuple):
    """What was handed to a door at that `position` goes up to the number `seq`: a door that takes
    its time to write it down is not to be told of it again and again meanwhile."""

    position: int
    seq: int

    def up_to(self, position: int) -> int:
        """After which number a door that is at `position` has to wait."""
        return self.seq if position == self.position else position


class HubWaiting(RepeatingThread):
    """Waits at the hub for `link`, and hands on what it is told to the `listeners`."""

    def __init__(
        self,
        link: "FeedLink",
        listeners: Sequence[Listener] = (),
        asked: Callable[[], WaitBeside] = WaitBeside,
    ) -> None:
        """`asked` is what the next wait asks besides changes."""
        super().__init__(
            "hub-wait",
            "The hub is not waited at; the door asks it once or twice a minute.",
            "The hub is waited at again.",
        )
        link.on_taken = self.wake
        self.listeners = list(listeners)
        self._link = link
        self._client: SiteHub | None = None
        self._ahead: Ahead | None = None
        self._asked = asked

    def work_once(self) -> float:
        position = self._link.position
        if position is None:
            self.disconnect()
            return LOOK_S
        if self._client is None:
            found = self._link.dialled()
            if found is None:
                return LOOK_S
            self._client = found[0]
        after = position if self._ahead is None else self._ahead.up_to(position)
        waited = self._client.wait(after, self._asked())
        self._link.waited(waited, after)
        is_to_ask = waited.changes and waited.handed is None
        seq = waited.head.seq if waited.changes else after
        self._ahead = None if is_to_ask else Ahead(position, seq)
        for listener in self.listeners:
            listener(waited)
        # What is there is there still until the other thread has taken it, and wakes this one.
        return LOOK_S if is_to_ask and self._link.position == position else 0.0

    def disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._ahead = None


class FeedLink(RepeatingThread):
    """From `with` to its end; `work_once` is what its own thread does, tests call it themselves.

    `on_site` is called on that thread when the hub set rules or settings of this door anew.
    """

    def __init__(
        self,
        place: FeedPlace,
        audit: BatchRecorder,
        clocks: Clocks | None = None,
        *,
        now: Callable[[], float] = time.time,
        on_site: Callable[[], object] = lambda: None,
        dial: Dial = dial,
        draw: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        look_s: float = LOOK_S,
    ) -> None:
        """`draw` gives a number from 0 up to but not 1: of moments of this door's own. What was
        changed at this door is seen within `look_s` seconds."""
        super().__init__(
            "hub-feed",
            "The door's people are not kept as the hub's; it works on with those it has.",
            "The door's people are kept as the hub's again.",
        )
        self._place = place
        self._audit = audit
        self._clocks = clocks or Clocks()
        self._now = now
        self._on_site = on_site
        self._dial = dial
        self._draw = draw
        self._monotonic = monotonic
        self._look_s = look_s
        self._connected = ExitStack()
        self._in_use = threading.Lock()
        """Taken by whoever uses the parts beside this thread, or ends them."""
        self._parts: _Parts | None = None
        self._due = DueMoment(monotonic)
        self._mends_at = float("-inf")
        self._receipts_at = self._receipts_by = float("inf")
        self._seen: tuple[int, ...] | None = None
        self._handed: HandedBatch | None = None
        self._documents: object = None
        self._report: dict[str, Any] = {"change": None, "waiting": 0}
        self.position: int | None = None
        """After which change the hub has to be waited at; None: it has not to be."""
        self.on_taken: Callable[[], object] = lambda: None
        """Called on this thread where that is another one than before."""

    def work_once(self) -> float:
        parts = self._parts or self._connect()
        if parts is None:
            return self._look_s
        parts.age.keep()
        self._mend(parts)
        try:
            if self._due.is_due():
                self._take_all(parts)
        except AccessctlError:
            # What the hub has said counts also where not all of it is kept.
            self._look(parts)
            raise
        seen = parts.site.version()
        if seen != self._seen:
            # Before what the hub may refuse: what it has said counts either way.
            self._look(parts)
            self._give_receipts(parts)
            if parts.proposing.send():
                self._due.at_once()
            self._look(parts)
        if self._receipts_at == float("inf"):
            # Of what was written meanwhile there is another version the next time.
            self._seen = seen
        return 0.0 if self._due.is_due() else min(self._look_s, self._until_receipts())

    def waited(self, waited: Waited, after: int) -> None:
        """What the hub told the waiting thread, which named the change `after`."""
        with self._in_use:
            if self._parts is not None:
                self._note(self._parts, waited, after)

    def _note(self, parts: "_Parts", waited: Waited, after: int) -> None:
        head = parts.feed.checked(waited.head)
        if waited.changes:
            if waited.handed is not None:
                batch = ChangeBatch(changes=waited.handed, more=False, head=head)
                self._handed = HandedBatch(after, batch)
            self._due.at_once()
            self.wake()
        elif self.position is not None and after <= self.position <= head.seq:
            # A wait from further on than what is written here says nothing of what is missing.
            parts.feed.heard(head)
            self._due.put_off(TAKE_EVERY_S)

    def dialled(self) -> tuple[SiteHub, SiteMember] | None:
        """A connection of the caller's own; see dial."""
        return self._dial(self._place, self._now())

    def report(self) -> dict[str, Any]:
        """What `status` says of the hub; from any thread."""
        parts = self._parts
        age_s = None if parts is None else parts.age.age_s()
        return self._report | {"trouble": self.told or None, **age_told(age_s)}

    def disconnect(self) -> None:
        with self._in_use:
            self._connected.close()
            self._parts = self._handed = self._seen = None
        self._due.at_once()
        self._mends_at = float("-inf")
        self._receipts_at = float("inf")

    def _mend(self, parts: "_Parts") -> None:
        """What is damaged here would keep the door from seeing who is gone."""
        if self._monotonic() >= self._mends_at:
            if parts.feed.mend():
                self._due.at_once()
            self._mends_at = self._monotonic() + MEND_EVERY_S

    def _until_receipts(self) -> float:
        return max(0.0, self._receipts_at - self._monotonic())

    def _give_receipts(self, parts: "_Parts") -> None:
        """Where some are owed, at a moment that is drawn when that is seen first; and for a while
        again where the log is being sent, which goes first by the same line."""
        if not parts.proposing.owes_receipts():
            self._receipts_at = float("inf")
            return
        if self._receipts_at == float("inf"):
            self._receipts_at = self._within_receipts()
            self._receipts_by = self._monotonic() + RECEIPTS_AT_LAST_S
        if self._until_receipts():
            return
        if parts.hub.is_busy and self._monotonic() < self._receipts_by:
            self._receipts_at = self._within_receipts()
            return
        parts.proposing.give_receipts()
        self._receipts_at = float("inf")

    def _within_receipts(self) -> float:
        return self._monotonic() + RECEIPTS_WITHIN_S * self._draw()

    def _take_all(self, parts: "_Parts") -> None:
        # Before anything is taken: what the hub tells meanwhile is due after it.
        self._due.begin(TAKE_EVERY_S)
        handed, self._handed = self._handed, None
        try:
            while parts.feed.take(handed):
                if self.closing.is_set():
                    return
        except BaseException:
            self._due.at_once()
            raise

    def _look(self, parts: "_Parts") -> None:
        position, before = parts.site.position(), self.position
        self.position = None if position is None else position.after
        self._report = {"change": self.position, "waiting": parts.site.waiting_count()}
        if self.position != before:
            self.on_taken()
        try:
            documents = parts.site.document("rules"), parts.site.document("settings")
        except DamagedError:
            # Those that run go on until the hub has said them anew, see HubFeed.mend.
            return
        if documents != self._documents:
            self._documents = documents
            self._on_site()

    def _connect(self) -> "_Parts | None":
        found = self.dialled()
        if found is None:
            return None
        client, member = found
        self._connected.callback(client.close)
        site = open_site_gallery(self._place.gallery, self._place.environment)
        self._connected.callback(site.gallery.close)
        site.begin(member.hub_id, member.door)
        keys = SiteKeyRing(self._place.folder, member.hub_id, member.door, client)
        age = HubAge(site, self._clocks)
        record = SiteRecord(site, self._audit, self._now)
        feed = HubFeed(client, member, keys, site, age, record)
        proposing = Proposing(client, member, keys, site, record, self._now)
        if self._documents is None:
            with suppress(DamagedError):
                self._documents = site.document("rules"), site.document("settings")
        self._parts = _Parts(client, site, age, feed, proposing)
        return self._parts


@dataclass(frozen=True, slots=True)
class _Parts:
    hub: SiteHub
    site: SiteGallery
    age: HubAge
    feed: HubFeed
    proposing: Proposing


def age_told(age_s: float | None) -> dict[str, Any]:
    """The age of the hub's last word in JSON, which knows no infinity."""
    known = age_s is not None and age_s != float("inf")
    return {
        "age_s": round(age_s, 1) if known and age_s is not None else None,
        "age_known": age_s is None or known,
    }


@contextmanager
def hub_feed(
    config: Config,
    environment: Mapping[str, str],
    audit: BatchRecorder,
    on_site: Callable[[], object],
    listeners: Sequence[Listener] = (),
    asked: Callable[[], WaitBeside] = WaitBeside,
    lines: Lines | None = None,
) -> Iterator[FeedLink | None]:
    """Both threads for as long as it is entered, where the configuration names a hub; the demo's
    people are its own. See FeedLink, HubWaiting and DoorClient."""
    if config.sync.hub is None or config.camera.source == "demo":
        yield None
        return
    place = FeedPlace(config.sync.hub, config.sync_folder, config.gallery, environment)
    with (
        FeedLink(place, audit, on_site=on_site, dial=partial(dial, lines=lines)) as link,
        HubWaiting(link, listeners, asked),
    ):
        yield link
