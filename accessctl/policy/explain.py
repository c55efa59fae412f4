"""Why somebody may or may not enter: the rules in sentences."""

from datetime import datetime

from accessctl.domain import PersonRules
from accessctl.policy.access import AccessPlan, Group, objection
from accessctl.policy.schedule import Hours, day_of, is_open, wall_time


def explain(rules: PersonRules, plan: AccessPlan, time: float, lockout_s: float) -> list[str]:
    """Lines that lead to the verdict, the verdict last.

    `lockout_s` is how long faces are locked out now, in seconds.
    """
    shown = wall_time(time, plan.zone)
    day = day_of(shown.date(), plan.holidays)
    lines = [f"At the door {plan.door} it is {shown:%Y-%m-%d %H:%M} ({plan.zone}), {day}."]
    lines += _person(rules, plan)
    if not rules.groups:
        allowed = "may enter at any time" if plan.without_group_allowed else "may not enter"
        lines.append(f"In no group: {allowed} (access.without_group).")
    lines += [_group(name, plan, shown) for name in rules.groups]
    if lockout_s > 0:
        lines.append(f"Faces are locked out at this door now: {_lasting(lockout_s)}.")
    reason = objection(rules, plan, time)
    lines.append("Allowed by the rules." if reason is None else f"Refused: {reason.value}.")
    return lines


def _lasting(seconds: float) -> str:
    if seconds == float("inf"):
        return "until `accessctl unlock-face`"
    return f"for {seconds:.0f} s"


def _person(rules: PersonRules, plan: AccessPlan) -> list[str]:
    lines = []
    if rules.disabled:
        lines.append("Disabled.")
    if rules.valid_from is not None:
        lines.append(f"Valid from {wall_time(rules.valid_from, plan.zone):%Y-%m-%d %H:%M}.")
    if rules.valid_until is not None:
        lines.append(f"Valid until {wall_time(rules.valid_until, plan.zone):%Y-%m-%d %H:%M}.")
    return lines


def _group(name: str, plan: AccessPlan, shown: datetime) -> str:
    group = plan.groups.get(name)
    if group is None:
        return f"Group {name}: not in the configuration, allows nothing."
    if group.doors is not None and plan.door not in group.doors:
        return f"Group {name}: not at this door, only at {', '.join(sorted(group.doors))}."
    return f"Group {name}: {_hours(group, plan, shown)}"


def _hours(group: Group, plan: AccessPlan, shown: datetime) -> str:
    if group.hours is None:
        return "at this door at any time."
    state = "open" if is_open(group.hours, shown, plan.holidays) else "closed"
    return f"at this door {'; '.join(map(_span, group.hours))}; {state} now."


def _span(hours: Hours) -> str:
    order = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
    days = " ".join(day for day in order if day in hours.days)
    return f"{days} {_clock(hours.opens)}-{_clock(hours.closes)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
