"""How long to wait before a lost camera is tried again."""

from dataclasses import dataclass

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
