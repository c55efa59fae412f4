"""For how much of its time a door may be held off its decisions: half of it at most, whoever asks.

Whoever may enrol at the hub may not shut doors for that. So holding off costs its own time, and a
minute at least, however often it is begun and ended; while the door decides it is paid back second
for second. What would cost more than ten minutes ends, and nothing begins until all is paid back.
"""

from dataclasses import dataclass, replace
from math import inf

LEAST_S, MOST_S = 60.0, 600.0


@dataclass(frozen=True, slots=True)
class HeldShare:
    """`owed_s` seconds are to be paid back as of `at`; what is held off up to `paid_until` is
    counted already. All in seconds of one clock that does not go back. `rests`: nothing may be
    begun."""

    owed_s: float = 0.0
    at: float = 0.0
    paid_until: float = -inf
    rests: bool = False

    def moved(self, now: float, until: float) -> "HeldShare":
        """The same at `now`, the door having been held off until `until` (-inf: not at all)."""
        held_to = max(self.at, min(now, until))
        owed = self.owed_s + max(0.0, held_to - max(self.at, self.paid_until))
        is_full = self.rests or owed >= MOST_S
        owed = max(0.0, owed - (now - held_to))
        return replace(self, owed_s=owed, at=now, rests=is_full and owed > 0)

    def begun(self) -> "HeldShare":
        """The same, the door being held off from then on."""
        return replace(self, owed_s=self.owed_s + LEAST_S, paid_until=self.at + LEAST_S)

    @property
    def latest(self) -> float:
        """Until when the door may be held off that is by now."""
        counted_to = max(self.at, self.paid_until)
        return max(self.paid_until, counted_to + MOST_S - self.owed_s)
