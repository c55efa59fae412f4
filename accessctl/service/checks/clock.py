"""Whether the wall clock can be believed: schedules and the event log go by it."""

import ctypes
import datetime
import errno
from collections.abc import Callable, Iterator

from accessctl.service.checks.finding import Finding, failure, ok, warning

# No accessctl ran before; a clock without a battery starts in 1970 or where it stopped.
EARLIEST = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
YEARS = 20
# adjtimex(2): the return value of a clock that nothing keeps right, and room for its struct.
TIME_ERROR = 5
TIMEX_BYTES = 512


def kernel_says_synchronised() -> bool | None:
    """adjtimex(2), asked without changing anything; None where it does not answer."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = int(adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    if state < 0:
        return False if ctypes.get_errno() == errno.ETIME else None
    return state != TIME_ERROR


def check_clock(
    now: float, synchronised: Callable[[], bool | None] = kernel_says_synchronised
) -> Iterator[Finding]:
    """`now` is epoch seconds."""
    latest = EARLIEST.replace(year=EARLIEST.year + YEARS)
    if not EARLIEST.timestamp() <= now <= latest.timestamp():
        yield failure("clock", f"{_date(now)} cannot be today; set the clock.")
        return
    known = synchronised()
    if known:
        yield ok("clock", f"It is {_date(now)}, and the clock is kept right.")
    elif known is None:
        yield ok("clock", f"It is {_date(now)}; whether the clock is kept right is not known.")
    else:
        yield warning(
            "clock",
            f"It is {_date(now)}, but nothing keeps the clock right, so schedules and the event "
            "log may drift; enable systemd-timesyncd or chrony.",
        )


def _date(now: float) -> str:
    try:
        return f"{datetime.datetime.fromtimestamp(now, datetime.UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "that date"
