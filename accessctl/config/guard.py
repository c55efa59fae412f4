"""What of a configuration guards the door, and whether another one guards it less.

Each guarding field says itself which way is safer (`section.safer`); groups, schedules and holidays
are compared by what they allow. Who may enter by them is judged without the people in them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from accessctl.config.policy import AccessConfig, GroupConfig, HoursConfig
from accessctl.config.section import Section, explain
from accessctl.redaction import redacted_text

if TYPE_CHECKING:
    from accessctl.config import Config

DAY_MINUTES = 1440
HOLIDAY = "holiday"
FACTORS = ("off", "button", "pin")
"""From the least to the most that is asked for beside the face."""


@dataclass(frozen=True, slots=True)
class Weakening:
    """A setting, by its dotted name, that would guard less: its value before and after."""

    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return redacted_text(f"{self.name}: {_shown(self.before)} -> {_shown(self.after)}")


def changed_names(old: "Config", new: "Config") -> tuple[str, ...]:
    """Dotted names of the settings that differ."""
    before = {name: value for name, value, _ in explain(old)}
    return tuple(name for name, value, _ in explain(new) if before.get(name) != value)


def weakened(old: "Config", new: "Config") -> tuple[Weakening, ...]:
    """What `new` guards less than `old`; both with their paths resolved."""
    before = {name: value for name, value, _ in explain(old)}
    found = [
        Weakening(name, before[name], value)
        for name, value, field in explain(new)
        if _is_weaker(before[name], value, field)
    ]
    actions = (*_weaker_actions(old, new), *_safe_states_lost(old, new))
    return (*found, *_weaker_access(old, new), *actions)


def guards(field: FieldInfo) -> bool:
    """Whether the field says which way is safer."""
    return isinstance(field.json_schema_extra, dict) and "safer" in field.json_schema_extra


def _is_weaker(old: Any, new: Any, field: FieldInfo) -> bool:
    if old == new or not guards(field) or not isinstance(field.json_schema_extra, dict):
        return False
    direction = field.json_schema_extra["safer"]
    values: Any = field.json_schema_extra["values"]
    match direction:
        case "higher":
            return bool(new < old)
        case "lower":
            return bool(new in values or (old not in values and new > old))
        case "ranked":
            return bool(values.index(new) < values.index(old))
        case "present":
            return old not in (values or [None]) and new in (values or [None])
        case "pinned":
            return old not in (values or [None])
        case "fixed":
            return True
    raise ValueError(f"no direction is called {direction!r}")


def _weaker_actions(old: "Config", new: "Config") -> Iterator[Weakening]:
    """Actions are compared one by one in their order, as far as they are of one kind."""
    for name in type(new.actions).model_fields:
        lists = getattr(old.actions, name), getattr(new.actions, name)
        if not all(isinstance(one, tuple) for one in lists):
            continue
        for index, (one, other) in enumerate(zip(*lists, strict=False)):
            if type(one) is not type(other):
                continue
            for inner, field in type(one).model_fields.items():
                before, after = getattr(one, inner), getattr(other, inner)
                if _is_weaker(before, after, field):
                    yield Weakening(f"actions.{name}[{index}].{inner}", before, after)


def _safe_states_lost(old: "Config", new: "Config") -> Iterator[Weakening]:
    """Safe states that are there no more, where fewer are: another one is as good, wherever it
    stands."""
    before = [one for one in old.actions.listed() if _safe_of(one[2]) is not None]
    kept = [_safe_of(action) for _, _, action in new.actions.listed()]
    if len(before) > sum(safe is not None for safe in kept):
        for name, index, action in before:
            if _safe_of(action) not in kept:
                yield Weakening(f"actions.{name}[{index}].safe", _safe_of(action), None)


def _safe_of(action: Section) -> tuple[str, ...] | None:
    return getattr(action, "safe", None)


def _weaker_access(old: "Config", new: "Config") -> Iterator[Weakening]:
    before, after = old.access, new.access
    for name, group in after.groups.items():
        # Whoever was in a group that is gone is let in by it no more.
        known = before.groups.get(name)
        if known is not None:
            yield from _weaker_group(name, (known, old), (group, new))
    for name in sorted(before.groups.keys() - after.groups.keys()):
        # But whoever is in another one, too, is not asked any more for what this one asked.
        asked, factor = before.groups[name].second_factor, new.policy.second_factor
        if asked is not None and FACTORS.index(factor) < FACTORS.index(asked):
            yield Weakening(f"access.groups.{name}.second_factor", asked, factor)
    removed = sorted(set(before.holidays) - set(after.holidays))
    added = sorted(set(after.holidays) - set(before.holidays))
    open_then = any(HOLIDAY in hours.days for plan in after.schedules.values() for hours in plan)
    if after.schedules and (removed or (added and open_then)):
        yield Weakening("access.holidays", before.holidays, after.holidays)


def _weaker_group(
    name: str, old: "tuple[GroupConfig, Config]", new: "tuple[GroupConfig, Config]"
) -> Iterator[Weakening]:
    (was, before), (now, after) = old, new
    doors_were = None if was.doors is None else set(was.doors)
    if doors_were is not None and (now.doors is None or not set(now.doors) <= doors_were):
        yield Weakening(f"access.groups.{name}.doors", was.doors, now.doors)
    hours_were, hours_are = _hours(was, before.access), _hours(now, after.access)
    if hours_were is not None and (
        hours_are is None or not all(_within(one, hours_were) for one in hours_are)
    ):
        yield Weakening(f"access.groups.{name}.schedule", _told(hours_were), _told(hours_are))
    factors = (
        was.second_factor or before.policy.second_factor,
        now.second_factor or after.policy.second_factor,
    )
    if FACTORS.index(factors[1]) < FACTORS.index(factors[0]):
        yield Weakening(f"access.groups.{name}.second_factor", *factors)


def _hours(group: GroupConfig, access: AccessConfig) -> Sequence[HoursConfig] | None:
    return None if group.schedule is None else access.schedules[group.schedule]


def _within(hours: HoursConfig, known: Sequence[HoursConfig]) -> bool:
    """Whether each day of `hours` lies within what some of `known` allow on that day."""
    return all(
        any(
            day in other.days and other.opens <= hours.opens and _end(hours) <= _end(other)
            for other in known
        )
        for day in hours.days
    )


def _end(hours: HoursConfig) -> int:
    return hours.closes + (DAY_MINUTES if hours.closes <= hours.opens else 0)


def _told(hours: Sequence[HoursConfig] | None) -> str:
    if hours is None:
        return "at any time"
    return "; ".join(
        f"{','.join(one.days)} {_clock(one.opens)}-{_clock(one.closes)}" for one in hours
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Section | Mapping):
        return "..."
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
