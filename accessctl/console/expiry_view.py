"""After how long whoever stays away expires, as a page shows it and a form sends it. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from accessctl.errors import InputError
from accessctl.hub.expiry import ForeseenPerson
from accessctl.policy.expiry import DAY_S, ExpirySpans

SOON_S = 30 * DAY_S


@dataclass(frozen=True, slots=True)
class SpansAsked:
    """What a form says, in days; `disable` is empty for never. `configured`: what the hub's
    configuration says, whatever stands in the others."""

    disable: str
    remove: str
    warn: str
    configured: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Whom the spans concern, and how many of them are disabled and removed with the next judging,
    are disabled within 30 days, and are enabled again."""

    people: tuple[ForeseenPerson, ...]
    at_once: int
    soon: int
    removed_at_once: int
    restored: int


def foreseen(people: Sequence[ForeseenPerson], now: float) -> Foreseen:
    def newly(until: float) -> int:
        """Who is disabled by then that is not now."""
        return sum(
            one.fate.disabled is not None and now <= one.fate.disabled <= until for one in people
        )

    def removed(one: ForeseenPerson) -> bool:
        return one.fate.removed is not None and one.fate.removed <= now

    at_once = newly(now)
    return Foreseen(
        people=tuple(people),
        at_once=at_once,
        soon=newly(now + SOON_S) - at_once,
        removed_at_once=sum(map(removed, people)),
        restored=sum(one.fate.is_restored for one in people),
    )


def number_in(text: str) -> float:
    """Of days; InputError."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError("Days are a number, such as 180.")
    return number


def shown_days(spans: ExpirySpans) -> SpansAsked:
    """As a form holds them."""
    after = spans.disable_after
    disable = "" if after is None else _days(after)
    return SpansAsked(
        disable, _days(spans.remove_after), _days(spans.warn_before), configured=False
    )


def _days(seconds: float) -> str:
    return f"{seconds / DAY_S!r}".removesuffix(".0")
