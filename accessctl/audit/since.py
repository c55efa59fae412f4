"""From what somebody types after --since to a moment."""

import re
from datetime import datetime, tzinfo

from accessctl.errors import InputError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGO = re.compile(r"([0-9]{1,6})([smhdw])")


def moment(text: str, now: float, zone: tzinfo | None = None) -> float:
    """Epoch seconds of "90s", "30m", "1h", "2d", "1w" before `now`, or of an ISO 8601 date.

    A date without an offset is local time, in `zone` or else the system's time zone; a
    date without a time is its midnight. Raises InputError.
    """
    text = text.strip()
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        date = datetime.fromisoformat(text)
        if date.tzinfo is None and zone is not None:
            date = date.replace(tzinfo=zone)
        return date.timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"{text!r} is not a moment; write 30m, 1h or 2d (that long ago), "
            "2026-01-31 or 2026-01-31T18:30."
        ) from error
