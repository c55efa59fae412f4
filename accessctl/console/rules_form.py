"""The site's rules as a form holds them while somebody works on them: read, changed, given back.

Nothing here is saved, and much of it may be wrong still: what is typed stays as it was typed until
`rules_of` makes rules of it. Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from accessctl.config.policy import HoursConfig
from accessctl.errors import InputError
from accessctl.policy.access import Hours

MOST, MOST_SPANS = 60, 30
"""Schedules, and groups, and spans of one schedule, that a form may hold."""

_FIELD = re.compile(r"([sg])([0-9]{1,2})\.(?:([0-9]{1,2})\.)?([a-z]{1,12})", re.ASCII)
_ACT = re.compile(r"(add|drop)-(schedule|group|span)(?:\.([0-9]{1,2}))?(?:\.([0-9]{1,2}))?")
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class SpanDraft:
    """`opens` and `closes` as typed: 08:30."""

    days: tuple[str, ...] = ()
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    name: str = ""
    spans: tuple[SpanDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """`schedule` empty: at any time; `factor` empty: as the door says. `doors`, names between
    commas, count only where it is not for every door."""

    name: str = ""
    schedule: str = ""
    everywhere: bool = False
    doors: str = ""
    factor: str = ""


@dataclass(frozen=True, slots=True)
class RulesDraft:
    """`holidays` are dates, one a line."""

    timezone: str = ""
    holidays: str = ""
    schedules: tuple[ScheduleDraft, ...] = ()
    groups: tuple[GroupDraft, ...] = ()


def draft_of(rules: Mapping[str, Any]) -> RulesDraft:
    """Of rules as the hub keeps them (hub.site_settings.checked_rules), or of none."""
    return RulesDraft(
        timezone=rules.get("timezone") or "",
        holidays="\n".join(rules.get("holidays", ())),
        schedules=tuple(
            ScheduleDraft(
                name,
                tuple(
                    SpanDraft(tuple(span["days"]), clock(span["opens"]), clock(span["closes"]))
                    for span in spans
                ),
            )
            for name, spans in rules.get("schedules", {}).items()
        ),
        groups=tuple(
            GroupDraft(
                name,
                group["schedule"] or "",
                group["doors"] is None,
                ", ".join(group["doors"] or ()),
                group["second_factor"] or "",
            )
            for name, group in rules.get("groups", {}).items()
        ),
    )


def draft_in(fields: Iterable[tuple[str, str]]) -> RulesDraft:
    """Of what a form sent; whatever is no field of it is left out. InputError for too many."""
    plain: dict[str, str] = {}
    days: dict[tuple[str, str], list[str]] = {}
    told: dict[tuple[str, str, str], dict[str, str]] = {}
    for name, value in fields:
        found = _FIELD.fullmatch(name)
        if found is None:
            plain[name] = value
        elif found[4] == "days":
            days.setdefault((found[2], found[3] or ""), []).append(value)
        else:
            told.setdefault((found[1], found[2], found[3] or ""), {})[found[4]] = value
    schedules, groups = [], []
    for (kind, at, inner), said in told.items():
        if kind == "g":
            everywhere = said.get("everywhere") == "on"
            group = [said.get(field, "") for field in ("name", "schedule", "doors", "factor")]
            groups.append(GroupDraft(group[0], group[1], everywhere, group[2], group[3]))
        elif not inner:
            spans = tuple(
                SpanDraft(
                    tuple(days.get((at, number), ())), one.get("opens", ""), one.get("closes", "")
                )
                for (other, of, number), one in told.items()
                if (other, of) == ("s", at) and number
            )
            schedules.append(ScheduleDraft(said.get("name", ""), spans))
    if max(len(schedules), len(groups)) > MOST:
        raise InputError(f"This page holds at most {MOST} schedules and {MOST} groups.")
    if any(len(schedule.spans) > MOST_SPANS for schedule in schedules):
        raise InputError(f"A schedule holds at most {MOST_SPANS} times on this page.")
    return RulesDraft(
        plain.get("timezone", ""), plain.get("holidays", ""), tuple(schedules), tuple(groups)
    )


def acted(draft: RulesDraft, act: str) -> RulesDraft:
    """After `add-schedule`, `add-group`, `add-span.S`, `drop-schedule.S`, `drop-group.G` or
    `drop-span.S.N`, counted from 0; InputError for anything else."""
    found = _ACT.fullmatch(act)
    if found is None:
        raise InputError("This page has no such button; load it anew.")
    does, kind, at, inner = found[1], found[2], int(found[3] or -1), int(found[4] or -1)
    if kind == "group":
        groups = added(draft.groups, GroupDraft()) if does == "add" else without(draft.groups, at)
        return replace(draft, groups=groups)
    if kind == "schedule":
        if does == "add":
            return replace(draft, schedules=added(draft.schedules, ScheduleDraft()))
        return replace(draft, schedules=without(draft.schedules, at))
    if not 0 <= at < len(draft.schedules):
        raise InputError("That schedule is not there any more; load the page anew.")
    schedule = draft.schedules[at]
    spans = added(schedule.spans, SpanDraft()) if does == "add" else without(schedule.spans, inner)
    schedules = list(draft.schedules)
    schedules[at] = replace(schedule, spans=spans)
    return replace(draft, schedules=tuple(schedules))


def added(kept: Sequence[Kept], one: Kept) -> tuple[Kept, ...]:
    return (*kept, one)


def without(kept: Sequence[Kept], at: int) -> tuple[Kept, ...]:
    if not 0 <= at < len(kept):
        raise InputError("That is not there any more; load the page anew.")
    return (*kept[:at], *kept[at + 1 :])


def rules_of(draft: RulesDraft) -> dict[str, Any]:
    """The rules that the form tells of, unchecked but for what a mapping would swallow; InputError
    for a name that two have, or none."""
    named("schedule", [schedule.name.strip() for schedule in draft.schedules])
    named("group", [group.name.strip() for group in draft.groups])
    return {
        "timezone": draft.timezone.strip() or None,
        "holidays": draft.holidays.split(),
        "schedules": {
            schedule.name.strip(): [
                {"days": list(span.days), "opens": span.opens, "closes": span.closes}
                for span in schedule.spans
            ]
            for schedule in draft.schedules
        },
        "groups": {
            group.name.strip(): {
                "schedule": group.schedule or None,
                "doors": None if group.everywhere else doors_in(group.doors),
                "second_factor": group.factor or None,
            }
            for group in draft.groups
        },
    }


def named(kind: str, names: Sequence[str]) -> None:
    if "" in names:
        raise InputError(f"A {kind} has no name; give it one, or remove it.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"Two of kind {kind} are named {twice!a}; give one another name.")


def doors_in(text: str) -> list[str]:
    return [door.strip() for door in text.split(",") if door.strip()]


def hours_of(schedule: ScheduleDraft) -> tuple[Hours, ...]:
    """As far as its times can be read yet: what is drawn beside the fields."""
    read = []
    for span in schedule.spans:
        try:
            hours = {"days": list(span.days), "opens": span.opens, "closes": span.closes}
            read.append(Hours.of(HoursConfig.model_validate(hours)))
        except ValueError:
            continue
    return tuple(read)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
