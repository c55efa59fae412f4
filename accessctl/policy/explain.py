"""Why somebody may or may not enter: the rules in sentences."""

import math
from dataclasses import dataclass
from datetime import datetime

from accessctl.config.policy import Factor
from accessctl.domain import PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing, Group, Hours, day_of, is_open, wall_time
from accessctl.policy.circumstances import Circumstances, Proof, refusal_of
from accessctl.policy.stale import StaleDemand

_ONCE: dict[Factor, tuple[str, ...]] = {
    "off": (),
    "pin": ("the PIN is entered",),
    "button": ("the button is pressed",),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What counts beside the rules: what must be shown, whether it can be, and the last crossing.

    `lockout_s` is how long faces are locked out now, in seconds. `badge_required`: too many are
    enrolled for a face alone to say who somebody is. `stale` is what is asked because the hub's
    last word is `hub_age_s` old, infinite where nobody knows how old.
    """

    lockout_s: float = 0.0
    factor: Factor = "off"
    has_pin: bool = False
    crossing: Crossing | None = None
    badge_required: bool = False
    has_badge: bool = False
    stale: StaleDemand = "none"
    hub_age_s: float = 0.0


def refusal(rules: PersonRules, plan: AccessPlan, time: float, beside: Beside) -> Reason | None:
    """Why a face would come to nothing, lockout aside; None: it would, or may."""
    if beside.badge_required and not beside.has_badge:
        return Reason.BADGE_REQUIRED
    no_pin = beside.factor == "pin" and not beside.has_pin
    return refusal_of(
        Circumstances(
            plan,
            time,
            rules,
            second_factor=Proof.MISSING if no_pin else Proof.NOT_NEEDED,
            factor=beside.factor,
            last_crossing=beside.crossing,
            stale=beside.stale,
        )
    )


def explain(rules: PersonRules, plan: AccessPlan, time: float, beside: Beside) -> list[str]:
    """Lines that lead to the verdict, the verdict last."""
    shown = wall_time(time, plan.zone)
    day = day_of(shown.date(), plan.holidays)
    lines = [f"At the door {plan.door} it is {shown:%Y-%m-%d %H:%M} ({plan.zone}), {day}."]
    lines += _person(rules, plan)
    if not rules.groups:
        allowed = "may enter at any time" if plan.without_group_allowed else "may not enter"
        lines.append(f"In no group: {allowed} (access.without_group).")
    lines += [_group(name, plan, shown) for name in rules.groups]
    lines += _passback(plan, beside.crossing)
    if beside.badge_required:
        lines.append(_badge(beside))
    if beside.stale != "none":
        lines.append(_stale(beside))
    if beside.factor != "off":
        lines.append(_factor(beside))
    if rules.life_by_pin:
        lines.append(_life_by_pin(beside))
    if beside.lockout_s > 0:
        lines.append(f"Faces are locked out at this door now: {_lasting(beside.lockout_s)}.")
    reason = refusal(rules, plan, time, beside)
    lines.append(_allowed(beside) if reason is None else f"Refused: {reason.value}.")
    return lines


def _allowed(beside: Beside) -> str:
    once = ("the badge is read",) * beside.badge_required + _ONCE[beside.factor]
    return "Allowed by the rules" + (f", once {' and '.join(once)}." if once else ".")


def _badge(beside: Beside) -> str:
    line = "Too many are enrolled for a face alone (policy.identify_up_to): a badge must be read"
    return f"{line}." if beside.has_badge else f"{line}, and none is set: accessctl badge set."


def _stale(beside: Beside) -> str:
    age = "Nobody knows how old the hub's last word is"
    if not math.isinf(beside.hub_age_s):
        age = f"The hub's last word is {beside.hub_age_s / 3600:.1f} h old"
    then = "nobody of theirs is let in" if beside.stale == "nothing" else "their PIN is asked for"
    return f"{age}: {then} until it answers (sync.stale)."


def _passback(plan: AccessPlan, crossing: Crossing | None) -> list[str]:
    rule = plan.passback
    if not rule.noticed(crossing) or crossing is None:
        return []
    left_h = (rule.reset_after_s - crossing.age_s) / 3600
    return [
        f"Went in {crossing.age_s / 3600:.1f} h ago and not out since; for {left_h:.1f} h more "
        f"another way in is {'refused' if rule.mode == 'hard' else 'granted, and noted'} "
        f"(access.anti_passback: {rule.mode})."
    ]


def _factor(beside: Beside) -> str:
    if beside.factor == "button":
        return "The button must be pressed beside the face."
    if beside.has_pin:
        return "The PIN must be entered beside the face."
    return "The PIN must be entered beside the face, and none is set: accessctl pin set."


def _life_by_pin(beside: Beside) -> str:
    line = "Where no life, or no gesture, is shown in time, the PIN may stand in for it"
    return f"{line}." if beside.has_pin else f"{line}, and none is set: accessctl pin set."


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
