"""When whoever was not answered asks again: later after each failure, and never all at once.

Doors that were cut off together would come back together, all of them each time, and a hub that
cannot take that many would never get any of them in. So the pause is drawn anew each time, evenly
between nothing and a bound that doubles: "full jitter", which of the ways compared by M. Brooker
("Exponential Backoff And Jitter", AWS Architecture Blog, 2015) had the fewest requests made; with
"equal jitter", where half of the pause is fixed, half of the time stays empty and the other is the
fuller for it.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime
from math import inf

MOST_ASKED_S = 60.0
"""A door comes back after that, whatever it was asked: it has to hear of removals."""
MOST_DOUBLINGS = 32
EARLIEST = 0.8
MOST_CHARACTERS = 64


def pause_after(
    failures: int, first_s: float, longest_s: float, drawn: float, asked_s: float = 0.0
) -> float:
    """Seconds until the next try, after so many failures in a row (from 1 on).

    The bound of the pause is `first_s` at first, doubles, and is `longest_s` at most; `drawn`, from
    0 up to but not 1, says which part of it. What the other side asked for comes before that:
    those who were asked for the same would come back together, too.
    """
    doublings = min(max(failures, 1) - 1, MOST_DOUBLINGS)
    return asked_s + min(first_s * 2.0**doublings, longest_s) * drawn


def some_time_before(longest_s: float, drawn: float) -> float:
    """Seconds within the last fifth of `longest_s`, where `drawn` says, from 0 up to but not 1: for
    what comes again and again, so that those who began together do not go on together."""
    return longest_s * (EARLIEST + (1 - EARLIEST) * drawn)


def asked_pause(header: str | None, now: float) -> float:
    """For how many seconds a Retry-After (RFC 9110, 10.2.3: seconds, or a date) asks to wait, at
    `now` (epoch seconds): 0 for none, or what is none, and never more than MOST_ASKED_S."""
    text = "" if header is None else header.strip()
    if not text.isascii() or len(text) > MOST_CHARACTERS:
        return 0.0
    if text.isdigit():
        return min(float(text), MOST_ASKED_S)
    return max(0.0, min(_moment(text) - now, MOST_ASKED_S))


def _moment(text: str) -> float:
    """The epoch seconds of a date of HTTP; long past for what is none."""
    try:
        moment = parsedate_to_datetime(text)
        # HTTP's dates are all in GMT, also one that says no zone.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return -inf
