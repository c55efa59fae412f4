"""How old the hub's last word is: it never falls but by a new word.

While the machine runs, its uptime tells, which nobody can set. From one boot to another nobody
knows how long it was off. The wall clock tells where a time server keeps it right; until that is so
the age is unknown, and counts as any.
"""

import logging
import math
import threading
from dataclasses import replace
from typing import Protocol

from accessctl.clock import Clocks, Uptime
from accessctl.errors import StoreError
from accessctl.gallery.site import AgeMark

KEEP_S = 60.0
OVERTAKEN_S = 60.0
"""An answer may overtake one on another line by as long as each is waited for, twice."""

log = logging.getLogger(__name__)


def aged(mark: AgeMark, wall: float, now: Uptime, *, is_kept_right: bool) -> AgeMark:
    """The mark at a later moment, at which the clocks show `wall` and `now`.

    After a boot, steps of the wall clock add to the age and none takes from it; it is not lost any
    more once the clock is kept right and does not lie before the hub's word.
    """
    is_boot = mark.uptime.boot != now.boot
    ran_s = now.seconds if is_boot else now.seconds - mark.uptime.seconds
    age_s = mark.age_s + max(0.0, ran_s)
    is_lost = is_boot or mark.is_lost
    if is_lost:
        age_s = max(age_s, mark.age_s + wall - mark.wall, wall - mark.head)
        is_lost = not (is_kept_right and wall >= mark.head)
    return replace(mark, age_s=age_s, wall=wall, uptime=now, is_lost=is_lost)


def renewed(mark: AgeMark | None, head: float, wall: float, now: Uptime) -> AgeMark | None:
    """The mark after the hub's word of the time `head`; None for a word older than the last."""
    if mark is not None and head < mark.head:
        return None
    return AgeMark(head, 0.0, wall, now)


class AgeKeeper(Protocol):
    """See gallery.site_store.SiteGallery. StoreError."""

    def age(self) -> AgeMark | None: ...

    def note_age(self, mark: AgeMark) -> None: ...


class HubAge:
    """The age by one machine's clocks; threads may share it, and several may have the same keeper:
    each takes over the words that another one wrote down."""

    def __init__(self, keeper: AgeKeeper, clocks: Clocks) -> None:
        self._keeper = keeper
        self._clocks = clocks
        self._lock = threading.Lock()
        self._mark: AgeMark | None = None
        self._kept: AgeMark | None = None
        self._is_unread = False

    def age_s(self) -> float | None:
        """Seconds, infinite while nobody knows; None for a door whom no hub has told anything."""
        with self._lock:
            mark = self._looked()
            if mark is None:
                return math.inf if self._is_unread else None
            return math.inf if mark.is_lost else mark.age_s

    def hub_time(self) -> float | None:
        """What the hub's clock shows now, epoch seconds: its last word's time and what has gone by
        since, which nobody sets here; None while nobody knows."""
        with self._lock:
            mark = self._looked()
            if mark is None or mark.is_lost or self._is_unread:
                return None
            return mark.head + mark.age_s

    def heard(self, head: float) -> bool:
        """The hub said, at `head` (its epoch time), that this door has all that it should have. A
        word that is older than the last one changes nothing; False where it is so much older that
        the hub's clock went back. StoreError."""
        with self._lock:
            known = self._looked()
            mark = renewed(known, head, self._clocks.wall(), self._clocks.uptime())
            if mark is None:
                return known is not None and known.head - head < OVERTAKEN_S
            is_first_after_loss = known is None or known.is_lost
            self._mark = mark
            if is_first_after_loss or self._is_due(mark):
                self._keep(mark)
            return True

    def keep(self) -> None:
        """Write it down where that is due; StoreError."""
        with self._lock:
            mark = self._looked()
            if mark is not None and self._is_due(mark):
                self._keep(mark)

    def _looked(self) -> AgeMark | None:
        try:
            kept = self._keeper.age()
        except StoreError as error:
            if not self._is_unread:
                log.error("How old the hub's last word is cannot be read: %s", error)
            self._is_unread = True
        else:
            self._is_unread = False
            if kept is None or self._mark is None or kept.head > self._mark.head:
                self._mark = kept
        if self._mark is not None:
            now, wall = self._clocks.uptime(), self._clocks.wall()
            lost = self._mark.is_lost or self._mark.uptime.boot != now.boot
            is_kept_right = lost and bool(self._clocks.synchronised())
            self._mark = aged(self._mark, wall, now, is_kept_right=is_kept_right)
        return self._mark

    def _is_due(self, mark: AgeMark) -> bool:
        kept = self._kept
        if kept is None or kept.uptime.boot != mark.uptime.boot:
            return True
        return mark.uptime.seconds - kept.uptime.seconds >= KEEP_S

    def _keep(self, mark: AgeMark) -> None:
        self._keeper.note_age(mark)
        self._kept = mark
