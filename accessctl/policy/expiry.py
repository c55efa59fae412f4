"""What becomes of somebody who was let in nowhere for long: pure.

They are listed first, then disabled at all doors, and removed a second span later. How long
somebody was absent is counted up to the moment of which all doors' logs are here: nobody is taken
for absent because a door is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from accessctl.config.site import MOST_DAYS, MOST_WARN_DAYS
from accessctl.errors import InputError

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
class Fate:
    """What becomes of somebody who is let in no more: when they are disabled and removed, epoch
    seconds, None for never. `is_restored`: they are disabled now, and would not be."""

    disabled: float | None
    removed: float | None
    is_restored: bool = False


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


def spans_of_days(disable: float | None, remove: float, warn: float) -> ExpirySpans:
    """Of days as somebody sets them; InputError beyond what the configuration takes, and for no
    number."""
    if disable is not None and not 1 <= disable <= MOST_DAYS:
        raise InputError(f"Whoever stays away is disabled after 1 to {MOST_DAYS:g} days, or never.")
    if not 1 <= remove <= MOST_DAYS:
        raise InputError(f"Whoever is disabled is removed after 1 to {MOST_DAYS:g} days.")
    if not 0 <= warn <= MOST_WARN_DAYS:
        raise InputError(f"People are listed 0 to {MOST_WARN_DAYS:g} days before.")
    after = None if disable is None else disable * DAY_S
    return ExpirySpans(after, remove * DAY_S, warn * DAY_S)


def fate_of(spans: ExpirySpans, attendance: Attendance, heard: float | None, now: float) -> Fate:
    """What these spans make of somebody who is let in nowhere from `now` on, at the earliest: what
    doors have not sent yet (`heard`, see `heard_until`) can only put it off."""
    end = expires_at(spans, attendance)
    disabled = attendance.disabled
    is_restored = (
        disabled is not None and step_for(spans, attendance, heard, now) is ExpiryStep.RESTORE
    )
    if end is None:
        return Fate(None, None, is_restored)
    if disabled is None or is_restored:
        disabled = max(end, now)
    return Fate(disabled, max(disabled + spans.remove_after, now), is_restored)
