"""What the other doors of this door's area say of who went which way, as the hub passes it on.

It lies in memory and is asked for anew from the beginning after each start: until the hub has
answered, and again while it is away, the door goes by its own log and what it had heard, and says
so.
"""

import threading
from collections.abc import Callable

from accessctl.administration.crossings import Went, latest_of
from accessctl.clock import boot_seconds
from accessctl.domain import PersonId
from accessctl.sync.feed_wire import Waited

SILENT_S = 45.0
"""A wait takes 25 s; whoever heard nothing for longer may not know what happened at other doors."""
MOST = 200_000


class SiteCrossings:
    """See administration.crossings.OtherDoors; `take` belongs to the thread that waits."""

    def __init__(self, area: str, clock: Callable[[], float] = boot_seconds) -> None:
        """`clock` gives seconds that never go back, sleep included."""
        self.area = area
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[PersonId, dict[str, Went]] = {}
        self._number = 0
        self._heard = float("-inf")

    @property
    def number(self) -> int:
        """What to ask the hub with for what is later."""
        with self._lock:
            return self._number

    def silent(self, area: str) -> bool:
        with self._lock:
            return area != self.area or self._clock() - self._heard > SILENT_S

    def __call__(self, waited: Waited) -> None:
        """Take what a wait brought."""
        with self._lock:
            if waited.crossing < self._number or len(self._said) > MOST:
                # The hub was put back to an older state, and says all of it anew.
                self._said.clear()
            for one in waited.crossings:
                if one.area == self.area:
                    said = self._said.setdefault(PersonId(one.person), {})
                    said[one.door] = Went(one.direction, one.time)
            self._number = waited.crossing
            self._heard = self._clock()

    def latest(self, person: PersonId, area: str) -> Went | None:
        with self._lock:
            said = self._said.get(person, {}) if area == self.area else {}
            return latest_of(*said.values())

    def seen(self, area: str) -> tuple[PersonId, ...]:
        with self._lock:
            return tuple(self._said) if area == self.area else ()
