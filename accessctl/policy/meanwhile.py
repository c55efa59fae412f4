"""What rules allow while new ones wait to be kept: what the present and the new ones both allow.

Nobody may at another time than by both of them, and nobody is asked for less than at present. Where
the two cannot be compared, as with another time zone, nobody may by hours at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from accessctl.config.policy import (
    DAY_MINUTES,
    FACTORS,
    HOLIDAY,
    AccessConfig,
    FactorName,
    GroupConfig,
    HoursConfig,
)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a group allows; see policy.access.Group."""

    doors: tuple[str, ...] | None
    hours: tuple[HoursConfig, ...] | None
    factor: FactorName | None


def rules_meanwhile(present: AccessConfig, said: AccessConfig) -> AccessConfig | None:
    """`present` with groups, schedules and holidays that allow what `said` allows, too; None where
    that takes nothing from anybody."""
    before, after = _groups(present), _groups(said)
    both = _Both(present, said)
    groups = {name: both.bounds(before[name], after[name]) for name in before if name in after}
    holidays = tuple(sorted({*present.holidays, *said.holidays}))
    groups = _asking_as_much(groups, before, has_more=set(holidays) != set(present.holidays))
    schedules = {
        name: both.hours(present.schedules.get(name, ()), said.schedules.get(name, ()))
        for name in present.schedules
    }
    former = groups, schedules, set(holidays)
    if former == (before, dict(present.schedules), set(present.holidays)):
        return None
    zone = present.timezone or said.timezone
    return present.model_copy(
        update={
            "timezone": zone,
            "holidays": holidays,
            **_sections(groups, schedules),
        }
    )


class _Both:
    def __init__(self, present: AccessConfig, said: AccessConfig) -> None:
        self._is_one_clock = present.timezone == said.timezone
        # A date that is a holiday to one of them alone has hours that the other does not know.
        self._skipped = "" if set(present.holidays) == set(said.holidays) else HOLIDAY

    def bounds(self, one: _Bounds, other: _Bounds) -> _Bounds:
        doors, hours = one.doors, one.hours
        if doors is None or other.doors is None:
            doors = other.doors if doors is None else doors
        else:
            doors = tuple(door for door in doors if door in other.doors)
        given = other.hours if hours is None else hours
        if given is not None:
            hours = self.hours(given, given if other.hours is None else other.hours)
        return _Bounds(doors, hours, _stricter(one.factor, other.factor))

    def hours(
        self, one: tuple[HoursConfig, ...], other: tuple[HoursConfig, ...]
    ) -> tuple[HoursConfig, ...]:
        """At no other time than by each of them."""
        found: list[HoursConfig] = []
        for hours in self._each(one, other) if self._is_one_clock else ():
            if hours not in found:
                found.append(hours)
        return tuple(found)

    def _each(
        self, one: tuple[HoursConfig, ...], other: tuple[HoursConfig, ...]
    ) -> Iterator[HoursConfig]:
        for hours in one:
            for more in other:
                days = tuple(d for d in hours.days if d in more.days and d != self._skipped)
                opens, ends = max(hours.opens, more.opens), min(hours.ends, more.ends)
                if not days or opens >= ends:
                    continue
                closes = ends if ends <= DAY_MINUTES else ends - DAY_MINUTES
                is_all = (opens, ends) == (hours.opens, hours.ends)
                yield HoursConfig.model_construct(
                    days=days, opens=opens, closes=hours.closes if is_all else closes
                )


def _groups(config: AccessConfig) -> dict[str, _Bounds]:
    return {
        name: _Bounds(
            group.doors,
            None if group.schedule is None else config.schedules[group.schedule],
            group.second_factor,
        )
        for name, group in config.groups.items()
    }


def _asking_as_much(
    groups: Mapping[str, _Bounds], before: Mapping[str, _Bounds], *, has_more: bool
) -> dict[str, _Bounds]:
    """Whom a group lets in no more, or not now, another one may still let in: each asks for as
    much as any that lets in less than `before`; `has_more`: there are more holidays, on which the
    same hours are less."""
    lost = [
        group
        for name, group in before.items()
        if (has_more and group.hours) or _lets_in_less(groups.get(name), group)
    ]
    asked = [group.factor for group in lost if group.factor is not None and group.factor != "off"]
    if not asked:
        return dict(groups)
    floor = max(asked, key=FACTORS.index)
    return {
        name: replace(group, factor=_stricter(group.factor, floor))
        for name, group in groups.items()
    }


def _lets_in_less(now: _Bounds | None, before: _Bounds) -> bool:
    return now is None or (now.doors, now.hours) != (before.doors, before.hours)


def _stricter(one: FactorName | None, other: FactorName | None) -> FactorName | None:
    """None says nothing: then the door's own setting counts, which this does not know."""
    if one is None or other is None:
        said = other if one is None else one
        return None if said in (None, "off") else "pin"
    return max(one, other, key=FACTORS.index)


def _sections(
    groups: Mapping[str, _Bounds], schedules: Mapping[str, tuple[HoursConfig, ...]]
) -> dict[str, object]:
    """As a configuration has them: each group's hours under the name of a schedule."""
    named = dict(schedules)
    free = (name for number in count(1) if (name := f"meanwhile {number}") not in schedules)

    def name_of(hours: tuple[HoursConfig, ...] | None) -> str | None:
        if hours is None:
            return None
        for name, known in named.items():
            if known == hours:
                return name
        named[name := next(free)] = hours
        return name

    told = {
        name: GroupConfig.model_construct(
            doors=bounds.doors, schedule=name_of(bounds.hours), second_factor=bounds.factor
        )
        for name, bounds in groups.items()
    }
    return {"groups": told, "schedules": named}
