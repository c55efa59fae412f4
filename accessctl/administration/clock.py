"""An owner's word that the wall clock is right, after it jumped."""

from datetime import UTC, date, datetime, tzinfo

from accessctl.audit.log import EventLog
from accessctl.errors import InputError


def confirm_clock(audit: EventLog, today: str, now: float, zone: tzinfo | None) -> date:
    """Believe the clock from now on, on record; the date that it shows.

    `today` is the date of the owner's own calendar, such as 2026-01-31: a wrong clock is not
    confirmed in passing. `now` is epoch seconds, `zone` the door's (None: the system's).
    InputError for another date, or none; StoreError, and then nothing is confirmed.
    """
    shown = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    try:
        said = date.fromisoformat(today.strip())
    except ValueError as error:
        raise InputError(f"{today!r} is not a date; write today's as 2026-01-31.") from error
    if said != shown:
        raise InputError(f"The clock says that today is {shown}, not {said}; set it first.")
    audit.confirm_clock()
    return shown
