"""Who may enter which door when: groups, doors, hours, validity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from zoneinfo import ZoneInfo

from accessctl.config_access import AccessConfig
from accessctl.domain import PersonRules, Reason
from accessctl.policy.schedule import Hours, is_open, wall_time


@dataclass(frozen=True, slots=True)
class Group:
    """`doors` None: every door; `hours` None: always."""

    doors: frozenset[str] | None
    hours: tuple[Hours, ...] | None


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """The owner's plan for one door."""

    door: str
    zone: tzinfo
    groups: Mapping[str, Group]
    holidays: frozenset[date]
    without_group_allowed: bool

    @classmethod
    def of(cls, config: AccessConfig, door: str | None = None) -> "AccessPlan":
        """`door` in place of the configured one."""
        schedules = {
            name: tuple(Hours.of(hours) for hours in spans)
            for name, spans in config.schedules.items()
        }
        groups = {
            name: Group(
                None if group.doors is None else frozenset(group.doors),
                None if group.schedule is None else schedules[group.schedule],
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
    known = [plan.groups[name] for name in rules.groups if name in plan.groups]
    here = [group for group in known if group.doors is None or plan.door in group.doors]
    if not here:
        return Reason.WRONG_DOOR
    shown = wall_time(time, plan.zone)
    if any(group.hours is None or is_open(group.hours, shown, plan.holidays) for group in here):
        return None
    return Reason.OUTSIDE_SCHEDULE
