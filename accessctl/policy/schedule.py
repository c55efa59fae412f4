"""Weekly hours on the wall clock.

Hours are compared with what a clock on the wall shows, so daylight saving needs no rule
of its own. Times of day that a day skips never come: hours inside the gap do not open,
hours that reach into it end with it. Times that a day has twice are open both times.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from accessctl.config.policy import HoursConfig

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"


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
