"""What becomes of somebody who was let in nowhere for long: pure.

They are listed first, then disabled at all doors, and removed a second span later. How long
somebody was absent is counted up to the moment of which all doors' logs are here: nobody is taken
for absent because a door is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

DAY_S = 86400.0


class ExpiryStep(StrEnum):
    """`RESTORE`: somebody disabled was seen after all, or an operator kept them."""

    NONE = "none"
    WARN = "warn"
    DISABLE = "disable"
    REMOVE = "remove"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class ExpirySpans:
    """Seconds of absence until somebody is disabled, from then until they are removed, and before
    it from when on they are listed; `disable_after` None: never."""

    disable_after: float | None
    remove_after: float
    warn_before: float


@dataclass(frozen=True, slots=True)
class Attendance:
    """When somebody was enrolled, let in last, and kept by an operator; since when they are warned
    of and disabled. Epoch seconds, None for never."""

    enrolled: float
    granted: float | None = None
    kept: float | None = None
    warned: float | None = None
    disabled: float | None = None

    @property
    def seen(self) -> float:
        """From when on their absence counts."""
        return max(one for one in (self.enrolled, self.granted, self.kept) if one is not None)


def heard_until(now: float, doors: Iterable[float | None]) -> float | None:
    """Up to which moment all doors' logs are here: `doors` has for each joined door when it was
    heard of last, None for one whose log is behind. None: of some door nothing is sure."""
    heard = list(doors)
    known = [time for time in heard if time is not None]
    return min(now, *known) if len(known) == len(heard) and known else None


def expires_at(spans: ExpirySpans, attendance: Attendance) -> float | None:
    """When they are disabled if nothing happens, epoch seconds; None: never."""
    return None if spans.disable_after is None else attendance.seen + spans.disable_after


def step_for(
    spans: ExpirySpans, attendance: Attendance, heard: float | None, now: float
) -> ExpiryStep:
    """What is due at `now`, of somebody of whose absence is known up to `heard` (`heard_until`).

    Nobody is removed who was not disabled for the whole second span before.
    """
    end = expires_at(spans, attendance)
    is_absent = end is not None and heard is not None and heard >= end
    if attendance.disabled is not None:
        was_seen = end is None or min(now, attendance.disabled) < end
        if was_seen:
            return ExpiryStep.RESTORE
        is_over = now >= attendance.disabled + spans.remove_after
        return ExpiryStep.REMOVE if is_over and is_absent else ExpiryStep.NONE
    if is_absent:
        return ExpiryStep.DISABLE
    is_near = end is not None and heard is not None and heard >= end - spans.warn_before
    if not is_near or (attendance.warned is not None and attendance.warned >= attendance.seen):
        return ExpiryStep.NONE
    return ExpiryStep.WARN
