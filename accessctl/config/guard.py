"""What of a configuration guards the door, and whether another one guards it less.

Each guarding field says itself which way is safer (`section.safer`); groups, schedules and holidays
are compared by what they allow, actions by what they call. Who may enter is judged without the
people in the groups.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from accessctl.config.former import (
    NOTHING_FORMER,
    Former,
    GroupBounds,
    actions_by_list,
    bounds_of,
    known_bounds,
    known_holidays,
    target_of,
)
from accessctl.config.operation import ActionConfig
from accessctl.config.policy import FACTORS, HOLIDAY, HoursConfig
from accessctl.config.section import Section, explain
from accessctl.redaction import redacted_text

if TYPE_CHECKING:
    from accessctl.config import Config


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


def weakened(
    old: "Config", new: "Config", former: Former = NOTHING_FORMER
) -> tuple[Weakening, ...]:
    """What `new` guards less than `old`, or than what was there before and is `former`; all with
    their paths resolved."""
    before = {name: value for name, value, _ in explain(old)}
    found = [
        Weakening(name, before[name], value)
        for name, value, field in explain(new)
        if _is_weaker(before[name], value, field)
    ]
    actions = (*_weaker_actions(old, new, former), *_safe_states_lost(old, new))
    return (*found, *_weaker_access(old, new, former), *actions)


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


def _weaker_actions(old: "Config", new: "Config", former: Former) -> Iterator[Weakening]:
    before = actions_by_list(old)
    for name, actions in actions_by_list(new).items():
        for index, was in _counterparts(before[name], former.actions.get(name, ()), actions):
            for inner, field in type(was).model_fields.items():
                one, other = getattr(was, inner), getattr(actions[index], inner)
                if _is_weaker(one, other, field):
                    yield Weakening(f"actions.{name}[{index}].{inner}", one, other)


def _counterparts(
    old: Sequence[ActionConfig], former: Sequence[ActionConfig], new: Sequence[ActionConfig]
) -> Iterator[tuple[int, ActionConfig]]:
    """The number of each of the `new` actions that was there before, and what it was.

    Wherever it stands, it is the one that was the same; else one that called or ran the same; else,
    of those that are left, the next of its type.
    """
    left, found = list(old), dict[int, ActionConfig]()

    def match(alike: Callable[[ActionConfig, ActionConfig], bool]) -> None:
        for index, action in enumerate(new):
            if index in found:
                continue
            at = next((at for at, one in enumerate(left) if alike(one, action)), None)
            if at is not None:
                found[index] = left.pop(at)

    match(lambda one, other: one == other)
    match(lambda one, other: target_of(one) == target_of(other))
    for index, action in enumerate(new):
        were = [one for one in former if target_of(one) == target_of(action)]
        if index not in found and were:
            found[index] = were[0]
    match(lambda one, other: one.type == other.type)
    yield from sorted(found.items())


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


def _weaker_access(old: "Config", new: "Config", former: Former) -> Iterator[Weakening]:
    before, after = old.access, new.access
    known = known_bounds(old, former)
    for name in after.groups:
        # Whoever was in a group that is gone is let in by it no more.
        if name in known:
            yield from _weaker_group(name, known[name], bounds_of(name, new))
    for name in sorted(before.groups.keys() - after.groups.keys()):
        # But whoever is in another one, too, is not asked any more for what this one asked.
        asked, factor = before.groups[name].second_factor, new.policy.second_factor
        if asked is not None and FACTORS.index(factor) < FACTORS.index(asked):
            yield Weakening(f"access.groups.{name}.second_factor", asked, factor)
    holidays = known_holidays(old, former)
    removed = set(holidays) - set(after.holidays)
    added = set(after.holidays) - set(holidays)
    open_then = any(HOLIDAY in hours.days for plan in after.schedules.values() for hours in plan)
    if after.schedules and (removed or (added and open_then)):
        yield Weakening("access.holidays", holidays, after.holidays)


def _weaker_group(name: str, was: GroupBounds, now: GroupBounds) -> Iterator[Weakening]:
    if was.doors is not None and (now.doors is None or not set(now.doors) <= set(was.doors)):
        yield Weakening(f"access.groups.{name}.doors", was.doors, now.doors)
    if was.hours is not None and (
        now.hours is None or not all(_within(one, was.hours) for one in now.hours)
    ):
        yield Weakening(f"access.groups.{name}.schedule", _told(was.hours), _told(now.hours))
    if FACTORS.index(now.second_factor) < FACTORS.index(was.second_factor):
        yield Weakening(f"access.groups.{name}.second_factor", was.second_factor, now.second_factor)


def _within(hours: HoursConfig, known: Sequence[HoursConfig]) -> bool:
    """Whether each day of `hours` lies within what some of `known` allow on that day."""
    return all(
        any(
            day in other.days and other.opens <= hours.opens and hours.ends <= other.ends
            for other in known
        )
        for day in hours.days
    )


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
