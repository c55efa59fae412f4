"""The doorway's state machine: rules, state and one input in; the next state and what has to be
written down out.

Pure: the time comes in, nothing is driven and nothing is stored. What is to be driven follows from
the state (`reading.outputs_of`). Who runs it keeps to the order of `DoorwayStep`.

Whatever comes in whatever order:
the lock is unlocked only while a cause holds that is on record, or that acts before its record
(exit, fire, evacuation); an opening after a request to exit is never forced; every other opening
without a cause is.
"""

from dataclasses import replace

from accessctl.domain import DoorwayWord, Posture
from accessctl.doorway.passage import drop_grants, move_leaf, no_entry, pass_time
from accessctl.doorway.reading import causes_of, covered, leaving, stands_free
from accessctl.doorway.requests import give_grant, obey
from accessctl.doorway.values import (
    ContactSeen,
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    DoorwayStart,
    DoorwayState,
    DoorwayStep,
    GrantGiven,
    InputSeen,
    InterlockReport,
    Leaf,
    OperatorCommand,
    OutputReport,
)

FOREVER = float("inf")


def react(rules: DoorwayRules, state: DoorwayState, given: DoorwayInput, now: float) -> DoorwayStep:
    """What `given` comes to at `now`; a time before `state.at` counts as that.

    The edge of a line counts as of its own time, but not as of before what was decided last; an
    exit covers an opening from when it was asked for all the same, however late that was heard.
    """
    at = now
    if isinstance(given, ContactSeen | InputSeen) and given.at is not None:
        at = now = min(given.at, now)
    now = max(now, state.at)
    passed, told = pass_time(rules, state, now)
    passed = _lapsed(rules, state, passed)
    step = _taken(rules, passed, given, at)
    step = replace(step, tried=told + step.tried)
    moved = passed.leaf is not Leaf.OPEN and step.state.leaf is Leaf.OPEN
    if causes_of(rules, state) and not causes_of(rules, step.state) and not moved:
        step = _with_lock(rules, step, [cause.value for cause in causes_of(rules, state)])
    since = at if isinstance(given, InputSeen) else now
    without = None if step.without is None else _settled(rules, state, step.without, since)
    return replace(step, state=_settled(rules, state, step.state, since), without=without)


def _with_lock(rules: DoorwayRules, step: DoorwayStep, was: list[str]) -> DoorwayStep:
    """With the record that the door is locked again, after what it may depend on."""
    locked = DoorwayRecord(DoorwayWord.LOCKED, {"was": was})
    if step.without is not None and causes_of(rules, step.without):
        return replace(step, owed=(*step.owed, locked))
    return replace(step, tried=(*step.tried, locked))


def _lapsed(rules: DoorwayRules, before: DoorwayState, after: DoorwayState) -> DoorwayState:
    """Where what covered an opening has run out meanwhile: when it did, not when that was seen."""
    if before.covered_until != FOREVER or covered(rules, after):
        return after
    times = [grant.until for grant in before.grants]
    if not before.exit_active:
        times.append(before.exit_until)
    if before.posture is Posture.OPEN_HOURS and before.posture_until is not None:
        times.append(before.posture_until)
    over = max((time for time in times if time <= after.at), default=after.at)
    return replace(after, covered_until=over)


def _settled(
    rules: DoorwayRules, before: DoorwayState, after: DoorwayState, since: float
) -> DoorwayState:
    """With the span in which an opening is not forced, and no door held for having stood free."""
    lasting, covers = after.covered_until == FOREVER, covered(rules, after)
    if covers and not lasting:
        after = replace(after, covered_since=since, covered_until=FOREVER)
    elif lasting and not covers:
        after = replace(after, covered_until=after.at)
    if stands_free(rules, before) and not stands_free(rules, after):
        after = replace(after, held_at=after.at + rules.held_s)
    return after


def _taken(rules: DoorwayRules, state: DoorwayState, given: DoorwayInput, at: float) -> DoorwayStep:
    match given:
        case ContactSeen():
            return move_leaf(rules, state, given.open, at)
        case InputSeen(which="exit"):
            return _ask_to_exit(rules, state, given.active)
        case InputSeen(which="fire"):
            return _see_fire(state, given.active)
        case InputSeen():
            return _see_tamper(state, given.active)
        case GrantGiven():
            return give_grant(rules, state, given)
        case OperatorCommand():
            return obey(rules, state, given)
        case OutputReport():
            return _hear_output(state, given)
        case InterlockReport():
            return _hear_arbiter(state, given)
        case DoorwayStart():
            return _begin(rules, state.at, given)
        case _:
            return _keep_hours(rules, state, given.hours)


def _keep_hours(rules: DoorwayRules, state: DoorwayState, hours: bool) -> DoorwayStep:
    """What opens, now or when the posture is another one, is written down first; where it cannot
    be, the next turn tries again."""
    if hours == state.hours:
        return DoorwayStep(state)
    after = replace(state, hours=hours, begun=False)
    if not hours:
        over = (DoorwayRecord(DoorwayWord.OPEN_HOURS_OVER),) if state.begun else ()
        return DoorwayStep(after, over)
    if rules.first_person or rules.interlock:
        return DoorwayStep(after)
    begun = replace(after, begun=True)
    return DoorwayStep(begun, required=DoorwayRecord(DoorwayWord.OPEN_HOURS), without=state)


def _line(state: DoorwayState, line: str, *, lost: bool) -> DoorwayStep:
    """The state after a line was lost or came back, with the record of it where that is new."""
    if lost == (line in state.lost):
        return DoorwayStep(state)
    word = DoorwayWord.LINE_LOST if lost else DoorwayWord.LINE_BACK
    names = state.lost | {line} if lost else state.lost - {line}
    return DoorwayStep(replace(state, lost=names), (DoorwayRecord(word, {"line": line}),))


def _ask_to_exit(rules: DoorwayRules, state: DoorwayState, active: bool | None) -> DoorwayStep:
    """Acts first. A line that is lost asks for nothing."""
    step = _line(state, "exit", lost=active is None)
    state = step.state
    if active:
        fresh = not leaving(state)
        since = state.exit_since if state.exit_active else state.at
        asked = replace(
            state,
            exit_active=True,
            exit_since=since,
            exit_until=max(state.exit_until, state.at + rules.exit_s),
        )
        data = {"unlocks": rules.exit_unlocks}
        owed = (DoorwayRecord(DoorwayWord.EXIT, data),) if fresh else ()
        return replace(step, state=asked, owed=owed)
    if not state.exit_active:
        return step
    freed = replace(state, exit_active=False, exit_stuck=False, exit_until=state.at + rules.exit_s)
    told = (DoorwayRecord(DoorwayWord.EXIT_FREED),) if state.exit_stuck else ()
    return replace(step, state=freed, tried=step.tried + told)


def _see_fire(state: DoorwayState, active: bool | None) -> DoorwayStep:
    """Acts first. A line that is lost changes nothing: in a fire it may have burnt, without one
    it opens nothing, for the fire relay cuts the lock's power by itself."""
    step = _line(state, "fire", lost=active is None)
    if active is None or active == state.fire:
        return step
    after = replace(step.state, fire=active)
    if active:
        return replace(step, state=after, owed=(DoorwayRecord(DoorwayWord.FIRE),))
    return replace(step, state=after, tried=(*step.tried, DoorwayRecord(DoorwayWord.FIRE_OVER)))


def _see_tamper(state: DoorwayState, active: bool | None) -> DoorwayStep:
    step = _line(state, "tamper", lost=active is None)
    if active is None or active == state.tamper:
        return step
    word = DoorwayWord.TAMPER if active else DoorwayWord.TAMPER_OVER
    after = replace(step.state, tamper=active)
    return replace(step, state=after, tried=(*step.tried, DoorwayRecord(word)))


def _hear_output(state: DoorwayState, report: OutputReport) -> DoorwayStep:
    """Without a contact nobody can know that somebody came in by an output that failed."""
    told = {"output": report.name, "detail": report.detail}
    known = report.name in state.failed
    if report.ok:
        if not known:
            return DoorwayStep(state)
        back = DoorwayRecord(DoorwayWord.OUTPUT_BACK, told)
        return DoorwayStep(replace(state, failed=state.failed - {report.name}), (back,))
    failed = replace(state, failed=state.failed | {report.name})
    records = () if known else (DoorwayRecord(DoorwayWord.OUTPUT_FAILED, told),)
    if report.name == "lock" and state.leaf is Leaf.UNKNOWN:
        unused = tuple(no_entry(grant, "output") for grant in state.grants)
        return DoorwayStep(replace(failed, grants=()), records + unused)
    return DoorwayStep(failed, records)


def _hear_arbiter(state: DoorwayState, report: InterlockReport) -> DoorwayStep:
    """Its loss keeps the door shut: what is unlocked by a grant is locked again."""
    if report.present != state.interlock_lost:
        return DoorwayStep(state)
    word = DoorwayWord.INTERLOCK_BACK if report.present else DoorwayWord.INTERLOCK_LOST
    after = replace(state, interlock_lost=not report.present)
    after, unused = (after, ()) if report.present else drop_grants(after, after.grants, "interlock")
    return DoorwayStep(after, (DoorwayRecord(word), *unused))


def _begin(rules: DoorwayRules, now: float, start: DoorwayStart) -> DoorwayStep:
    """What was set comes back; nobody is let in by what was granted before. A door that stands
    open at the start is not forced: nobody saw it open, so it is held in due time."""
    leaf = Leaf.UNKNOWN
    if start.contact_open is not None:
        leaf = Leaf.OPEN if start.contact_open else Leaf.SHUT
    unseen = rules.contact and start.contact_open is None
    shut = DoorwayState(
        at=now,
        posture=start.posture if start.posture is not Posture.OPEN_HOURS else Posture.NORMAL,
        beneath=start.beneath if start.beneath is not Posture.OPEN_HOURS else Posture.NORMAL,
        face_entry=start.face_entry,
        leaf=leaf,
        opened_at=now,
        held_at=now + rules.held_s,
        fire=bool(start.fire),
        tamper=bool(start.tamper),
        exit_active=bool(start.exit_active),
        exit_since=now,
        exit_until=now + rules.exit_s if start.exit_active else float("-inf"),
        lost=frozenset({"contact"}) if unseen else frozenset(),
    )
    state = shut
    seconds = start.seconds
    opens = start.posture is Posture.OPEN_HOURS and not rules.interlock
    if opens and seconds is not None and 0.0 < seconds <= rules.max_open_s:
        state = replace(shut, posture=Posture.OPEN_HOURS, posture_until=now + seconds)
    data = {
        "posture": state.posture.value,
        "face_entry": state.face_entry,
        "leaf": leaf.value,
        "fire": state.fire,
        "tamper": state.tamper,
        "exit": state.exit_active,
        "remembered": start.remembered,
    }
    record = DoorwayRecord(DoorwayWord.STARTED, data)
    if state is not shut:
        return DoorwayStep(state, required=record, without=shut)
    if causes_of(rules, state):
        return DoorwayStep(state, owed=(record,))
    return DoorwayStep(state, (record,))
