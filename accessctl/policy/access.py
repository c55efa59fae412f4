"""Who may enter which door when: groups, doors, hours, validity, and anti-passback.

Anti-passback: whoever went in and did not go out does not go in again. It keeps a pass, or a
photograph that fools the camera, from being handed back to somebody outside. Only the way in is
watched: a door never keeps anybody inside.

Hours are weekly, on the wall clock of the door: they are compared with what a clock on the wall
shows, so daylight saving needs no rule of its own. Times of day that a day skips never come: hours
inside the gap do not open, hours that reach into it end with it. Times that a day has twice are
open both times. Dates that an owner types become moments here, too.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from accessctl.config.policy import HOLIDAY, AccessConfig, Factor, HoursConfig, Passage
from accessctl.domain import PersonRules, Reason
from accessctl.errors import InputError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

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
        if moment.date() == date.max:
            raise _too_far(moment)
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
        raise _too_far(moment) from error
    if epoch < 0:
        raise InputError(f"{moment} is before 1970; write a date of this century.")
    return epoch


def _too_far(moment: datetime) -> InputError:
    return InputError(f"{moment} is too far away; write a date of this century.")


@dataclass(frozen=True, slots=True)
class Crossing:
    """The last time somebody was granted at a door of the area, `age_s` seconds ago."""

    direction: Passage
    age_s: float


@dataclass(frozen=True, slots=True)
class PassbackRule:
    """Where a door leads, and what comes of a second way in; the default watches nothing."""

    direction: Passage = "none"
    mode: str = "off"
    reset_after_s: float = 0.0

    @classmethod
    def of(cls, config: AccessConfig) -> "PassbackRule":
        return cls(config.direction, config.anti_passback, config.reset_after_h * 3600)

    def noticed(self, last: Crossing | None) -> bool:
        """Whether a grant now would be a second way in without a way out between."""
        if self.mode == "off" or self.direction != "in":
            return False
        # Written as "not (a >= b)" so that a NaN is noticed.
        return last is not None and last.direction == "in" and not last.age_s >= self.reset_after_s

    def refuses(self, last: Crossing | None) -> bool:
        return self.mode == "hard" and self.noticed(last)


@dataclass(frozen=True, slots=True)
class Group:
    """`doors` None: every door; `hours` None: always; `second_factor` None: says nothing."""

    doors: frozenset[str] | None
    hours: tuple[Hours, ...] | None
    second_factor: Factor | None = None


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """The owner's plan for one door."""

    door: str
    zone: tzinfo
    groups: Mapping[str, Group]
    holidays: frozenset[date]
    without_group_allowed: bool
    passback: PassbackRule = field(default_factory=PassbackRule)

    @classmethod
    def of(cls, config: AccessConfig, door: str | None = None) -> "AccessPlan":
        """`door` in place of the configured one; where another one leads is not known."""
        passback = PassbackRule.of(config)
        if door not in (None, config.door):
            passback = replace(passback, direction="none")
        schedules = {
            name: tuple(Hours.of(hours) for hours in spans)
            for name, spans in config.schedules.items()
        }
        groups = {
            name: Group(
                None if group.doors is None else frozenset(group.doors),
                None if group.schedule is None else schedules[group.schedule],
                group.second_factor,
            )
            for name, group in config.groups.items()
        }
        zone = UTC if config.timezone is None else ZoneInfo(config.timezone)
        return cls(
            config.door if door is None else door,
            zone,
            groups,
            frozenset(config.holidays),
            config.without_group == "allow",
            passback,
        )


def objection(rules: PersonRules, plan: AccessPlan, time: float) -> Reason | None:
    """Why this person may not enter by this door at the epoch time `time`; None: they may.

    Groups add up: one that allows door and time is enough. A group that the plan does
    not know allows nothing.
    """
    if rules.disabled:
        return Reason.DISABLED
    # Written as "not (a <= b)" so that a NaN is an objection.
    if rules.valid_from is not None and not rules.valid_from <= time:
        return Reason.NOT_YET_VALID
    if rules.valid_until is not None and not time < rules.valid_until:
        return Reason.EXPIRED
    if not rules.groups:
        return None if plan.without_group_allowed else Reason.WRONG_DOOR
    here = groups_here(rules, plan)
    if not here:
        return Reason.WRONG_DOOR
    return None if _open_now(here, plan, time) else Reason.OUTSIDE_SCHEDULE


def admitting(rules: PersonRules, plan: AccessPlan, time: float) -> list[Group]:
    """The person's groups that allow this door at the epoch time `time`."""
    return _open_now(groups_here(rules, plan), plan, time)


def groups_here(rules: PersonRules, plan: AccessPlan) -> list[Group]:
    """The person's groups that allow this door at some time."""
    known = [plan.groups[name] for name in rules.groups if name in plan.groups]
    return [group for group in known if group.doors is None or plan.door in group.doors]


def _open_now(groups: list[Group], plan: AccessPlan, time: float) -> list[Group]:
    shown = wall_time(time, plan.zone)
    return [
        group
        for group in groups
        if group.hours is None or is_open(group.hours, shown, plan.holidays)
    ]
