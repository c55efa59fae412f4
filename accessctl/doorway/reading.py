"""What a doorway's state means: why it is unlocked, what it looks like, what it drives, and when it
has to be looked at again. Pure; everything holds at `state.at`.
"""

from collections.abc import Iterator

from accessctl.domain import DoorState, Posture
from accessctl.doorway.values import (
    STANDING,
    Alarm,
    Cause,
    DoorwayRules,
    DoorwayState,
    Leaf,
    LockOutputs,
)

# Lines whose loss alone is an alarm: whoever cuts them wants something.
WATCHED = frozenset({"contact", "tamper"})


def causes_of(rules: DoorwayRules, state: DoorwayState) -> tuple[Cause, ...]:
    """Why the lock is unlocked, the strongest first; empty: it is locked."""
    return tuple(_causes(rules, state))


def _causes(rules: DoorwayRules, state: DoorwayState) -> Iterator[Cause]:
    if state.fire:
        yield Cause.FIRE
    if state.posture is Posture.EVACUATION:
        yield Cause.EVACUATION
    if rules.exit_unlocks and leaving(state):
        yield Cause.EXIT
    if _open_hours(rules, state):
        yield Cause.OPEN_HOURS
    if any(state.at < grant.until for grant in state.grants):
        yield Cause.GRANT


def _open_hours(rules: DoorwayRules, state: DoorwayState) -> bool:
    if rules.interlock:
        return False
    if state.posture is Posture.OPEN_HOURS:
        return state.posture_until is not None and state.at < state.posture_until
    return state.posture is Posture.NORMAL and state.hours and state.begun


def leaving(state: DoorwayState) -> bool:
    """Whether somebody asked to go out and still may."""
    return state.exit_active or state.at < state.exit_until


def covered(rules: DoorwayRules, state: DoorwayState) -> bool:
    """Whether the door may be opened now without being forced."""
    return leaving(state) or bool(causes_of(rules, state))


def stands_free(rules: DoorwayRules, state: DoorwayState) -> bool:
    """Whether the door may stand open for as long as it likes."""
    return not STANDING.isdisjoint(causes_of(rules, state))


def door_state(rules: DoorwayRules, state: DoorwayState) -> DoorState:
    """Where there is no contact, only whether it is unlocked."""
    if state.forced:
        return DoorState.FORCED
    if state.held:
        return DoorState.HELD
    if state.leaf is Leaf.OPEN:
        return DoorState.OPEN
    return DoorState.UNLOCKED if causes_of(rules, state) else DoorState.CLOSED


def secure(rules: DoorwayRules, state: DoorwayState) -> bool:
    """Whether the door is known to be shut and locked."""
    known = state.leaf is Leaf.SHUT or not rules.contact
    return known and not causes_of(rules, state)


def alarms_of(state: DoorwayState) -> tuple[Alarm, ...]:
    raised = {
        Alarm.FORCED: state.forced_alarm,
        Alarm.HELD: state.held,
        Alarm.TAMPER: state.tamper,
        Alarm.OUTPUT: bool(state.failed),
        Alarm.LINE: bool(state.lost & WATCHED),
    }
    return tuple(alarm for alarm, holds in raised.items() if holds)


def outputs_of(rules: DoorwayRules, state: DoorwayState) -> LockOutputs:
    causes, alarms = causes_of(rules, state), alarms_of(state)
    return LockOutputs(
        state=door_state(rules, state),
        unlock=bool(causes),
        until=_unlocked_until(state, causes),
        alarm=bool(alarms),
        silent=state.silent,
        causes=causes,
        alarms=alarms,
    )


def _unlocked_until(state: DoorwayState, causes: tuple[Cause, ...]) -> float | None:
    timed = set(causes) <= {Cause.GRANT, Cause.EXIT} and not state.exit_active
    times = [grant.until for grant in state.grants]
    if Cause.EXIT in causes:
        times.append(state.exit_until)
    return max(times) if causes and timed else None


def held_soon(rules: DoorwayRules, state: DoorwayState) -> bool:
    """Whether the door becomes held once `state.held_at` is reached."""
    told = state.held or state.forced
    return state.leaf is Leaf.OPEN and not told and not stands_free(rules, state)


def next_deadline(rules: DoorwayRules, state: DoorwayState) -> float | None:
    """When the state changes by itself; None: it does not."""
    times = [grant.until for grant in state.grants]
    if state.posture is Posture.OPEN_HOURS and state.posture_until is not None:
        times.append(state.posture_until)
    if not state.exit_active:
        times.append(state.exit_until)
    elif not state.exit_stuck:
        times.append(state.exit_since + rules.exit_stuck_s)
    if held_soon(rules, state):
        times.append(state.held_at)
    if state.forced_alarm and state.leaf is Leaf.SHUT:
        times.append(state.forced_at + rules.alarm_s)
    return min((time for time in times if time > state.at), default=None)
