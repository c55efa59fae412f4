"""Weekly hours on the wall clock of the door, and from dates that an owner types to moments.

Hours are compared with what a clock on the wall shows, so daylight saving needs no rule
of its own. Times of day that a day skips never come: hours inside the gap do not open,
hours that reach into it end with it. Times that a day has twice are open both times.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from accessctl.config.policy import AccessConfig, HoursConfig
from accessctl.errors import InputError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Hours:
    """`days` from WEEKDAYS and HOLIDAY; minutes of the day from `opens` to before `closes`.

    Where `closes` is not after `opens`, they last into the following day and belong to
    the day on which they began.
    """

    days: frozenset[str]
    opens: int
    closes: int

    @classmethod
    def of(cls, config: HoursConfig) -> "Hours":
        return cls(frozenset(config.days), config.opens, config.closes)


def wall_time(time: float, zone: tzinfo) -> datetime:
    """What the wall clock in `zone` shows at the epoch time `time`, without offset."""
    return datetime.fromtimestamp(time, zone).replace(tzinfo=None)


def is_open(hours: Sequence[Hours], shown: datetime, holidays: Collection[date]) -> bool:
    """Whether any of `hours` holds when the wall clock shows `shown`."""
    minute = shown.hour * 60 + shown.minute
    today = shown.date()
    today_is = day_of(today, holidays)
    yesterday_was = day_of(today - timedelta(days=1), holidays) if today > date.min else None
    for span in hours:
        overnight = span.closes <= span.opens
        if today_is in span.days and span.opens <= minute and (overnight or minute < span.closes):
            return True
        if overnight and yesterday_was in span.days and minute < span.closes:
            return True
    return False


def day_of(day: date, holidays: Collection[date]) -> str:
    """A holiday is no weekday."""
    return HOLIDAY if day in holidays else WEEKDAYS[day.weekday()]


def zone_of(config: AccessConfig) -> tzinfo | None:
    """The door's time zone; None: the system's."""
    return None if config.timezone is None else ZoneInfo(config.timezone)


def beginning(text: str, zone: tzinfo | None) -> float:
    """Epoch seconds of 2026-01-31 (its first moment) or 2026-01-31T18:30; InputError.

    Without an offset it is wall time in `zone`, or the system's: a time that the day has
    twice is the first of the two, one that it skips is as long after the jump as it says.
    """
    return _epoch(_parse(text), zone)


def ending(text: str, zone: tzinfo | None) -> float:
    """As `beginning`, but a day is meant with all of it: the first moment after it."""
    moment = _parse(text)
    if _DAY.fullmatch(text.strip()):
        moment += timedelta(days=1)
    return _epoch(moment, zone)


def _parse(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a date; write 2026-01-31 or 2026-01-31T18:30."
        ) from error


def _epoch(moment: datetime, zone: tzinfo | None) -> float:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    try:
        epoch = moment.timestamp()
    except (OverflowError, OSError, ValueError) as error:
        raise InputError(f"{moment} is too far away; write a date of this century.") from error
    if epoch < 0:
        raise InputError(f"{moment} is before 1970; write a date of this century.")
    return epoch
