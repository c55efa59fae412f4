"""When a camera is lost, and when it is back; time comes in.

A camera that fails is lost: it is tried again after waits that grow, and it is back once it has
sent pictures for a while without a break. One that gives a few pictures and breaks off, again and
again, has not come back: the waits go on growing, and the row of it is one report. One that is
lost again soon after it was back has to be steady for twice as long the next time.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

OutageEvent: TypeAlias = Literal["lost", "back", "flapping"]

JITTER = 0.25
# Doubled this often, every wait exceeds every bound; more would overflow in a year of failures.
MAX_DOUBLINGS = 64

MAX_OPEN_DOUBLINGS = 2
"""The time that a camera is given to open doubles so often, while it fails."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first_s` up to `longest_s`, each stretched by chance.

    The chance keeps the doors of one building from hammering a recorder in step.
    """

    first_s: float
    longest_s: float

    def wait_s(self, failures: int, chance: float) -> float:
        """Seconds to wait after the `failures`-th failure in a row (from 1).

        `chance` in [0, 1) adds up to a quarter; the wait stays within `first_s` and
        `longest_s`, and the latter wins when it is the smaller one.
        """
        first = min(self.first_s, self.longest_s)
        doubled = first * 2.0 ** min(failures - 1, MAX_DOUBLINGS)
        wait = max(first, min(doubled, self.longest_s / (1 + JITTER)))
        return min(wait * (1 + JITTER * chance), self.longest_s)


FLAPS = 3
"""So many connections in a row that gave pictures and broke off are reported."""

RELAPSE = 10
"""Lost again within so many times the steadiness that was asked for: a relapse."""

LONGEST_STEADY_S = 600.0

FEW = 3
"""A connection that never gives more pictures is no stream."""


@dataclass(slots=True)
class Outage:
    """Failures in a row; `error` is the latest one's sentence, None when all is well.

    `steady_s` is how long pictures must have come before a lost camera is back; 0: at the first.
    `broken_off` counts the connections of this outage that gave pictures and failed, too, `most` is
    how many pictures one of them gave. `now` is monotonic seconds.
    """

    steady_s: float = 0.0
    failures: int = 0
    error: str | None = None
    broken_off: int = 0
    most: int = 0
    _relapses: int = field(default=0, repr=False)
    _back: float | None = field(default=None, repr=False)
    _since: float | None = field(default=None, repr=False)
    _pictures: int = field(default=0, repr=False)

    @property
    def tries(self) -> int:
        """What the wait before the next opening grows by; 0 while all is well."""
        return self.failures + self._relapses if self.failures else 0

    @property
    def needed_s(self) -> float:
        """How long pictures must come before the camera is back."""
        return min(self.steady_s * 2.0 ** min(self._relapses, MAX_DOUBLINGS), LONGEST_STEADY_S)

    def failed(self, error: str, now: float) -> OutageEvent | None:
        """Note a failure; "lost" when it begins an outage, "flapping" once for a row of breaks."""
        is_new = self.failures == 0
        if is_new:
            self._relapses = self._relapses + 1 if self._is_relapse(now) else 0
        pictures, self._pictures, self._since = self._pictures, 0, None
        self.failures += 1
        self.error = error
        if is_new:
            return "lost"
        if not pictures:
            return None
        self.broken_off += 1
        self.most = max(self.most, pictures)
        return "flapping" if self.broken_off == FLAPS else None

    def worked(self, now: float) -> OutageEvent | None:
        """Note a picture; "back" when it ends an outage."""
        if self._since is None:
            self._since = now
        self._pictures += 1
        if self.failures == 0 or now - self._since < self.needed_s:
            return None
        self.failures = self.broken_off = self.most = 0
        self.error = None
        self._back = now
        return "back"

    def _is_relapse(self, now: float) -> bool:
        return self._back is not None and now - self._back < RELAPSE * self.needed_s


def flapping(description: str, outage: Outage, *, has_address: bool) -> str:
    """The sentence about a camera that gives pictures and breaks off, again and again."""
    if has_address and outage.most <= FEW:
        return snapshot_address(description, outage.most)
    return (
        f"{description} gives pictures and breaks off, again and again, after {outage.most} at "
        "most; check its power, its cable or its network, and whether somebody else uses it."
    )


def snapshot_address(description: str, pictures: int) -> str:
    """The sentence about an address that answers with a picture or a few and no more."""
    many = "one picture" if pictures == 1 else f"{pictures} pictures"
    return (
        f"{description} gives {many} a connection and no more: that is the address of a snapshot, "
        "not of a stream; name the camera's rtsp:// address, or the one of its MJPEG stream."
    )
