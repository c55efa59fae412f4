"""Whether the wall clock may be believed when something is removed for good by its age.

The log keeps where both clocks stood at the last look: the wall clock, which can be set, and the
uptime, which goes on by itself. Where they have moved apart the wall clock has jumped. From one
boot to another nobody knows how long the machine was off: a wall clock that went back has jumped,
and one that is more than a day ahead may have, unless something keeps it right. A jump is a record
of its own, and a doubt that lasts until the clock is synchronised or its owner confirms it, who has
to say what day it is.
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol

from accessctl.clock import Clocks, Uptime
from accessctl.domain import Event, EventKind
from accessctl.errors import InputError

# States of the service events by which the log tells about its clock.
JUMPED = "clock_jumped"
TRUSTED = "clock_trusted"

# A time server sets a clock by less, now and then; more is a jump.
STEP_S = 60.0

# So much a machine may have been off without anybody asking.
OFF_S = 86400.0

# An anchor is kept at least this often while somebody looks.
KEEP_S = 3600.0


@dataclass(frozen=True, slots=True)
class ClockAnchor:
    """Where the clocks stood: epoch seconds and the uptime at the same moment.

    `doubt_s` is how far the wall clock has jumped since it was last believed, None while it is.
    """

    wall: float
    uptime: Uptime
    doubt_s: float | None = None


@dataclass(frozen=True, slots=True)
class ClockLook:
    """What looking at the clocks came to: the new anchor, and what has to be written down first.

    `is_due` says that the last anchor is so old that it would tell little after a power cut.
    """

    anchor: ClockAnchor
    told: tuple[Event, ...]
    is_due: bool = False


def jump_s(known: ClockAnchor, wall: float, now: Uptime, is_kept_right: bool) -> float:
    """By how many seconds the wall clock has jumped since `known`; 0 where it has not."""
    if known.uptime.boot == now.boot:
        step = wall - (known.wall + now.seconds - known.uptime.seconds)
        return step if abs(step) > STEP_S else 0.0
    gap = wall - known.wall
    has_jumped = gap < -STEP_S or (gap > OFF_S and not is_kept_right)
    return gap if has_jumped else 0.0


def looked(known: ClockAnchor, wall: float, now: Uptime, is_kept_right: bool) -> ClockLook:
    """The look that follows `known`; `wall` is epoch seconds, never below 0."""
    step = jump_s(known, wall, now, is_kept_right)
    doubt_s = known.doubt_s
    told: list[Event] = []
    if step:
        doubt_s = (doubt_s or 0.0) + step
        told.append(_said(wall, JUMPED, by_s=round(step, 1), synchronised=is_kept_right))
    if doubt_s is not None and is_kept_right:
        doubt_s = None
        # A jump to a time that is kept right says so itself.
        if not step:
            told.append(_said(wall, TRUSTED, how="synchronised"))
    elif doubt_s is not None and abs(doubt_s) <= STEP_S:
        doubt_s = None
        told.append(_said(wall, TRUSTED, how="set back"))
    is_due = abs(wall - known.wall) > KEEP_S
    return ClockLook(ClockAnchor(wall, now, doubt_s), tuple(told), is_due)


class ClockWatch:
    """The clocks as one log knows them; to be used inside its transactions, sqlite3.Error."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    def look(self, db: sqlite3.Connection) -> ClockLook:
        """Reads only."""
        # An event's time lies after 1970, wherever the clock stands.
        wall, now = max(0.0, self._clocks.wall()), self._clocks.uptime()
        known = anchor_of(db)
        if known is None:
            return ClockLook(ClockAnchor(wall, now), (), is_due=True)
        has_jumped = known.doubt_s is not None or jump_s(known, wall, now, False) != 0
        # Only a jump has to be explained.
        is_kept_right = has_jumped and bool(self._clocks.synchronised())
        return looked(known, wall, now, is_kept_right)

    def confirmed(self, db: sqlite3.Connection) -> ClockLook:
        """The look of an owner who says that the clock is right."""
        seen = self.look(db)
        if seen.anchor.doubt_s is None:
            return seen
        said = _said(seen.anchor.wall, TRUSTED, how="confirmed")
        return ClockLook(replace(seen.anchor, doubt_s=None), (*seen.told, said))


def anchor_of(db: sqlite3.Connection) -> ClockAnchor | None:
    """Where the clocks stood at the last look; without one, the time of the newest record.

    None for a log without records. What stands there without being what this wrote counts as
    none.
    """
    row = db.execute("SELECT wall, boot, uptime, doubt FROM clock").fetchone()
    if row is not None:
        wall, boot, seconds, doubt_s = row
        if type(wall) is type(seconds) is float and type(boot) is str:
            return ClockAnchor(wall, Uptime(boot, seconds), _number(doubt_s))
    newest = db.execute("SELECT max(time) FROM event").fetchone()[0]
    return ClockAnchor(newest, Uptime("", 0.0)) if type(newest) is float else None


def keep(db: sqlite3.Connection, anchor: ClockAnchor) -> None:
    """The anchor in place of the one before."""
    db.execute(
        "INSERT OR REPLACE INTO clock (id, wall, boot, uptime, doubt) VALUES (1, ?, ?, ?, ?)",
        (anchor.wall, anchor.uptime.boot, anchor.uptime.seconds, anchor.doubt_s),
    )


def jump_in_words(by_s: float) -> str:
    """As in "the clock ...": which way it jumped, and by how much."""
    days, hours, minutes = abs(by_s) / 86400, abs(by_s) / 3600, abs(by_s) / 60
    if days >= 1:
        far = f"{days:.0f} days"
    elif hours >= 1:
        far = f"{hours:.0f} hours"
    else:
        far = f"{minutes:.0f} minutes"
    return f"jumped {'ahead' if by_s > 0 else 'back'} by {far}, and nothing says that it is right"


class ConfirmableLog(Protocol):
    def confirm_clock(self) -> None: ...


def confirm_clock(audit: ConfirmableLog, today: str, now: float, zone: tzinfo | None) -> date:
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


def _number(value: Any) -> float | None:
    return value if isinstance(value, float) else None


def _said(time: float, state: str, **data: str | float | bool) -> Event:
    return Event(time, EventKind.SERVICE, {"state": state, **data})
