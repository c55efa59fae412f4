"""What becomes of a doorway when its leaf moves and when time passes. Pure."""

from dataclasses import replace

from accessctl.domain import DoorwayWord, Posture
from accessctl.doorway.reading import causes_of, held_soon
from accessctl.doorway.values import (
    DoorwayRecord,
    DoorwayRules,
    DoorwayState,
    DoorwayStep,
    Leaf,
    PendingGrant,
)

HEARD_S = 60.0
"""For how long the nonce of a command is remembered: longer than one may be old."""


def pass_time(
    rules: DoorwayRules, state: DoorwayState, now: float
) -> tuple[DoorwayState, tuple[DoorwayRecord, ...]]:
    """The state at `now`, and what has run out until then; nothing of it opens anything."""
    records: list[DoorwayRecord] = []
    state = replace(state, at=now, heard=tuple(one for one in state.heard if now < one[1]))
    until = state.posture_until
    # Written as "not (a < b)" so that a NaN ends it.
    if state.posture is Posture.OPEN_HOURS and not (until is not None and now < until):
        state = replace(state, posture=Posture.NORMAL, posture_until=None)
        data = {"posture": Posture.NORMAL.value, "was": Posture.OPEN_HOURS.value, "why": "time"}
        records.append(DoorwayRecord(DoorwayWord.POSTURE, data))
    over = tuple(grant for grant in state.grants if not now < grant.until)
    if over:
        state, unused = drop_grants(state, over, "time")
        records += unused
    if state.exit_active and not state.exit_stuck:
        for_s = now - state.exit_since
        if not for_s < rules.exit_stuck_s:
            state = replace(state, exit_stuck=True)
            records.append(DoorwayRecord(DoorwayWord.EXIT_STUCK, {"for_s": round(for_s, 1)}))
    if held_soon(rules, state) and not now < state.held_at:
        state = replace(state, held=True)
        open_s = round(now - state.opened_at, 1)
        records.append(DoorwayRecord(DoorwayWord.HELD, {"open_s": open_s}))
    rung = state.forced_alarm and state.leaf is Leaf.SHUT
    if rung and not now < state.forced_at + rules.alarm_s:
        state = replace(state, forced_alarm=False)
        records.append(DoorwayRecord(DoorwayWord.ALARM_OVER, {"alarm": "forced", "why": "time"}))
    return state, tuple(records)


def drop_grants(
    state: DoorwayState, dropped: tuple[PendingGrant, ...], why: str
) -> tuple[DoorwayState, tuple[DoorwayRecord, ...]]:
    """The state without these grants. Where the contact has seen that the door stayed shut, or
    `why` is more than that their time is over, nobody came in by them."""
    kept = tuple(grant for grant in state.grants if grant not in dropped)
    sure = state.leaf is Leaf.SHUT or why != "time"
    unused = tuple(no_entry(grant, why) for grant in dropped) if sure else ()
    return replace(state, grants=kept), unused


def no_entry(grant: PendingGrant, why: str) -> DoorwayRecord:
    data = {"visit": grant.visit, "by": grant.by, "why": why}
    return DoorwayRecord(DoorwayWord.NO_ENTRY, data, grant.person)


def entered(grant: PendingGrant, *, open_already: bool = False) -> DoorwayRecord:
    more = {"open_already": True} if open_already else {}
    data = {"visit": grant.visit, "by": grant.by, **more}
    return DoorwayRecord(DoorwayWord.ENTERED, data, grant.person)


def move_leaf(
    rules: DoorwayRules, state: DoorwayState, opened: bool | None, at: float
) -> DoorwayStep:
    """The contact says that the door is open, shut, or nothing any more (None), since `at`."""
    if opened is None:
        if state.leaf is Leaf.UNKNOWN and "contact" in state.lost:
            return DoorwayStep(state)
        lost = replace(state, leaf=Leaf.UNKNOWN, lost=state.lost | {"contact"})
        return DoorwayStep(lost, (DoorwayRecord(DoorwayWord.LINE_LOST, {"line": "contact"}),))
    back: tuple[DoorwayRecord, ...] = ()
    if "contact" in state.lost:
        state = replace(state, lost=state.lost - {"contact"})
        back = (DoorwayRecord(DoorwayWord.LINE_BACK, {"line": "contact"}),)
    if state.leaf is (Leaf.OPEN if opened else Leaf.SHUT):
        return DoorwayStep(state, back)
    step = _open_leaf(rules, state, at) if opened else _shut_leaf(state)
    return replace(step, tried=back + step.tried)


def _shut_leaf(state: DoorwayState) -> DoorwayStep:
    shut = replace(state, leaf=Leaf.SHUT, held=False, forced=False, held_at=float("inf"))
    if state.leaf is Leaf.UNKNOWN and not (state.held or state.forced):
        return DoorwayStep(shut)
    was = "forced" if state.forced else "held" if state.held else "open"
    data = {"was": was, "open_s": round(state.at - state.opened_at, 1)}
    return DoorwayStep(shut, (DoorwayRecord(DoorwayWord.CLOSED, data),))


def _open_leaf(rules: DoorwayRules, state: DoorwayState, at: float) -> DoorwayStep:
    """The grants are used, whoever it was: who is in doubt is inside. So the pulse is cut."""
    allowed = state.covered_since <= at <= state.covered_until + rules.grace_s
    grants = state.grants
    held_s = max([rules.held_s, *(_held_s(rules, grant.extended) for grant in grants)])
    after = replace(
        state,
        leaf=Leaf.OPEN,
        opened_at=at,
        held_at=at + held_s,
        held=False,
        forced=not allowed,
        grants=(),
    )
    passed = tuple(entered(grant) for grant in grants)
    if not allowed:
        after = replace(after, forced_alarm=True, forced_at=at)
        forced = DoorwayRecord(DoorwayWord.FORCED, {"posture": state.posture.value})
        return DoorwayStep(after, (forced, *passed))
    causes = [cause.value for cause in causes_of(rules, state)]
    if not causes:
        causes = ["exit"] if state.covered_until == float("inf") else ["just_locked"]
    opened = DoorwayRecord(DoorwayWord.OPENED, {"causes": causes})
    return _first_person(rules, DoorwayStep(after, (opened, *passed)), grants)


def _first_person(
    rules: DoorwayRules, step: DoorwayStep, grants: tuple[PendingGrant, ...]
) -> DoorwayStep:
    """Open hours begin with the first person who comes in."""
    came = next((grant for grant in grants if grant.person is not None), None)
    if came is None or not begins_hours(rules, step.state):
        return step
    data = {"visit": came.visit}
    record = DoorwayRecord(DoorwayWord.OPEN_HOURS, data, came.person)
    begun = replace(step.state, begun=True)
    return replace(step, state=begun, required=record, without=step.state)


def begins_hours(rules: DoorwayRules, state: DoorwayState) -> bool:
    """Whether open hours wait for their first person."""
    waits = state.hours and rules.first_person and not state.begun and not rules.interlock
    return waits and state.posture is Posture.NORMAL


def _held_s(rules: DoorwayRules, extended: bool) -> float:
    return rules.extended_held_s if extended else rules.held_s


def more_time(rules: DoorwayRules, state: DoorwayState, *, extended: bool) -> DoorwayState:
    """The door stands open, and somebody else may come in by it."""
    return replace(state, held_at=max(state.held_at, state.at + _held_s(rules, extended)))
