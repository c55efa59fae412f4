"""What is asked of a doorway: grants by which somebody may come in, and operators' commands. Pure.

What opens has to be on record first; what shuts is written down first and done in any case; an
evacuation acts first. A grant or a command that is not acted on is on record, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from accessctl.domain import DoorwayWord, Posture
from accessctl.doorway.passage import HEARD_S, begins_hours, drop_grants, more_time
from accessctl.doorway.reading import stands_free
from accessctl.doorway.values import (
    CommandVerb,
    DoorwayRecord,
    DoorwayRules,
    DoorwayState,
    DoorwayStep,
    GrantGiven,
    Interlock,
    Leaf,
    OperatorCommand,
    PendingGrant,
)

MAX_AGE_S = 10.0
"""A command that was sent longer ago was meant for another moment."""
MAX_HEARD = 64

LOCKED_DOWN = "locked_down"
FACE_ENTRY_OFF = "face_entry_off"
INTERLOCKED = "interlock"

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        LOCKED_DOWN: "The door is locked down.",
        FACE_ENTRY_OFF: "Face entry is switched off.",
        INTERLOCKED: "The other door of the interlock is not shut, or cannot be asked.",
        "retained": "The command was kept for whoever comes later; send it anew.",
        "age": f"The command is not of the last {MAX_AGE_S:g} seconds; send it anew.",
        "repeated": "That command was heard before.",
        "too_many": "Too many commands at once; wait a minute.",
        "evacuation": "The door is set to evacuation; release that first.",
        "nothing_to_release": "The door is not set to evacuation.",
        "seconds": "Say for how long the door is to be unlocked.",
        "open_already": "The door stands open.",
    }
)


def objection_to(
    rules: DoorwayRules, state: DoorwayState, groups: frozenset[str], by: str
) -> str | None:
    """Why a person of these groups, known `by` face or another way, may not come in now."""
    if stands_free(rules, state):
        return None
    if state.posture is Posture.LOCKED_DOWN and not groups & rules.lockdown_groups:
        return LOCKED_DOWN
    if by == "face" and not state.face_entry:
        return FACE_ENTRY_OFF
    return INTERLOCKED if rules.interlock and state.interlock_lost else None


def give_grant(rules: DoorwayRules, state: DoorwayState, given: GrantGiven) -> DoorwayStep:
    why = objection_to(rules, state, given.groups, given.by)
    why = why or _interlocked(rules, state, given.interlock)
    if why is not None:
        told = {"visit": given.visit, "by": given.by, "why": why}
        record = DoorwayRecord(DoorwayWord.REFUSED, told, given.person)
        return DoorwayStep(state, (record,), refused=SENTENCES[why])
    pressed: tuple[DoorwayRecord, ...] = ()
    if given.duress:
        state = replace(state, silent=True)
        pressed = (DoorwayRecord(DoorwayWord.DURESS, {"visit": given.visit}, given.person),)
    return replace(_come_in(rules, state, given), tried=pressed)


def _come_in(rules: DoorwayRules, state: DoorwayState, given: GrantGiven) -> DoorwayStep:
    for_s = rules.extended_s if given.extended else rules.unlock_s
    told: dict[str, Any] = {"cause": "grant", "visit": given.visit, "by": given.by}
    begins = given.person is not None and begins_hours(rules, state)
    if state.leaf is Leaf.OPEN:
        data = {"visit": given.visit, "by": given.by, "open_already": True}
        if begins:
            data["begins_hours"] = True
        after = more_time(rules, state, extended=given.extended)
        record = DoorwayRecord(DoorwayWord.ENTERED, data, given.person)
        after = replace(after, begun=after.begun or begins)
        return DoorwayStep(after, required=record, without=state)
    grant = PendingGrant(state.at + for_s, given.visit, given.person, given.extended, given.by)
    after = replace(state, grants=(*state.grants, grant))
    # Without a contact nobody knows whether they came in: the grant is all there is.
    if begins and not rules.contact:
        told["begins_hours"] = True
        after = replace(after, begun=True)
    record = DoorwayRecord(DoorwayWord.UNLOCKED, {**told, "for_s": for_s}, given.person)
    return DoorwayStep(after, required=record, without=state)


def _interlocked(rules: DoorwayRules, state: DoorwayState, said: Interlock) -> str | None:
    """The other door does not matter where this one is open, or unlocked, already."""
    if not rules.interlock or state.leaf is Leaf.OPEN or stands_free(rules, state):
        return None
    return None if said is Interlock.FREE and not state.interlock_lost else INTERLOCKED


def obey(rules: DoorwayRules, state: DoorwayState, command: OperatorCommand) -> DoorwayStep:
    why = unfit(state.heard, command.nonce, command.age_s, retained=command.retained)
    if why is None:
        if command.nonce is not None:
            heard = (command.nonce, state.at + HEARD_S)
            state = replace(state, heard=(*state.heard, heard))
        done = _VERBS[command.verb](rules, state, command)
        if isinstance(done, DoorwayStep):
            return done
        why = done
    data = {"command": command.verb.value, "why": why, **_whose(command)}
    record = DoorwayRecord(DoorwayWord.COMMAND_REFUSED, data)
    return DoorwayStep(state, (record,), refused=SENTENCES[why])


def unfit(
    heard: Sequence[tuple[str, float]], nonce: str | None, age_s: float, *, retained: bool = False
) -> str | None:
    """Why a command is not done, whatever it says (a key of SENTENCES): it is not of this moment,
    or its nonce is among those that were `heard`, see DoorwayState."""
    if retained:
        return "retained"
    # Written as "not (a <= b <= c)" so that a NaN is too old.
    if not 0.0 <= age_s <= MAX_AGE_S:
        return "age"
    if nonce is not None:
        if any(one == nonce for one, _ in heard):
            return "repeated"
        if len(heard) >= MAX_HEARD:
            return "too_many"
    return None


def _whose(command: OperatorCommand) -> dict[str, Any]:
    return {"operator": command.by, "via": command.via}


def _open_once(
    rules: DoorwayRules, state: DoorwayState, command: OperatorCommand
) -> DoorwayStep | str:
    """As a grant; an operator may do so in a lockdown, and is on record with it."""
    if state.leaf is Leaf.OPEN:
        return "open_already"
    why = _interlocked(rules, state, command.interlock)
    if why is not None:
        return why
    grant = PendingGrant(state.at + rules.unlock_s, None, None, False, command.by)
    data = {"cause": "grant", "for_s": rules.unlock_s, **_whose(command)}
    record = DoorwayRecord(DoorwayWord.UNLOCKED, data)
    after = replace(state, grants=(*state.grants, grant))
    return DoorwayStep(after, required=record, without=state)


def _set_posture(
    rules: DoorwayRules, state: DoorwayState, command: OperatorCommand
) -> DoorwayStep | str:
    wanted, was = command.posture, state.posture
    data = {"posture": wanted.value, "was": was.value, **_whose(command)}
    after = replace(state, posture=wanted, posture_until=None)
    if wanted is Posture.EVACUATION:
        if was is not Posture.EVACUATION:
            after = replace(after, beneath=was, beneath_until=state.posture_until)
        return DoorwayStep(after, owed=(DoorwayRecord(DoorwayWord.POSTURE, data),))
    if was is Posture.EVACUATION:
        return "evacuation"
    if wanted is Posture.OPEN_HOURS:
        seconds = command.seconds
        if seconds is None or not 0.0 < seconds <= rules.max_open_s:
            return "seconds"
        if rules.interlock:
            return INTERLOCKED
        after = replace(after, posture_until=state.at + seconds)
        record = DoorwayRecord(DoorwayWord.POSTURE, {**data, "for_s": seconds})
        return DoorwayStep(after, required=record, without=state)
    if wanted is Posture.LOCKED_DOWN:
        after, unused = drop_grants(after, after.grants, LOCKED_DOWN)
        return DoorwayStep(after, (DoorwayRecord(DoorwayWord.POSTURE, data), *unused))
    record = DoorwayRecord(DoorwayWord.POSTURE, data)
    if was is Posture.OPEN_HOURS and not (state.hours and state.begun):
        return DoorwayStep(after, (record,))
    return DoorwayStep(after, required=record, without=state)


def _release(
    rules: DoorwayRules, state: DoorwayState, command: OperatorCommand
) -> DoorwayStep | str:
    """Back to what the door was set to before; a fire that goes on keeps it unlocked."""
    del rules
    if state.posture is not Posture.EVACUATION:
        return "nothing_to_release"
    posture, until = state.beneath, state.beneath_until
    if posture is Posture.OPEN_HOURS and not (until is not None and state.at < until):
        posture, until = Posture.NORMAL, None
    after = replace(
        state,
        posture=posture,
        posture_until=until,
        beneath=Posture.NORMAL,
        beneath_until=None,
    )
    data = {"posture": posture.value, "was": Posture.EVACUATION.value, **_whose(command)}
    record = DoorwayRecord(DoorwayWord.POSTURE, data)
    return DoorwayStep(after, required=record, without=state)


def _switch_face_entry(
    rules: DoorwayRules, state: DoorwayState, command: OperatorCommand
) -> DoorwayStep:
    del rules
    record = DoorwayRecord(DoorwayWord.FACE_ENTRY, {"on": command.on, **_whose(command)})
    after = replace(state, face_entry=command.on)
    if command.on:
        return DoorwayStep(after, required=record, without=state)
    by_face = tuple(grant for grant in after.grants if grant.by == "face")
    after, unused = drop_grants(after, by_face, FACE_ENTRY_OFF)
    return DoorwayStep(after, (record, *unused))


def _acknowledge(rules: DoorwayRules, state: DoorwayState, command: OperatorCommand) -> DoorwayStep:
    """Silences what has happened. What goes on, a tamper contact or a relay, is not silenced."""
    quiet = replace(state, forced_alarm=False, silent=False, held=False)
    if state.held:
        quiet = replace(quiet, held_at=state.at + rules.held_s)
    told = [
        word
        for word, holds in (
            ("forced", state.forced_alarm),
            ("held", state.held),
            ("duress", state.silent),
        )
        if holds
    ]
    data = {"alarms": told, **_whose(command)}
    record = DoorwayRecord(DoorwayWord.ACKNOWLEDGED, data)
    return DoorwayStep(quiet, required=record, without=state)


_VERBS: Mapping[
    CommandVerb,
    Callable[[DoorwayRules, DoorwayState, OperatorCommand], DoorwayStep | str],
] = MappingProxyType(
    {
        CommandVerb.OPEN: _open_once,
        CommandVerb.POSTURE: _set_posture,
        CommandVerb.RELEASE: _release,
        CommandVerb.FACE_ENTRY: _switch_face_entry,
        CommandVerb.ACKNOWLEDGE: _acknowledge,
    }
)
