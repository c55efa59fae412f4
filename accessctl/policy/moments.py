"""From dates that an owner types to moments, on the wall clock of the door."""

import re
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from accessctl.config.policy import AccessConfig
from accessctl.errors import InputError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


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
