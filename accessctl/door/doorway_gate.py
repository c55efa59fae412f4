"""The doorway as the door uses it: it is taken while this door acts, it is told of grants and tells
who came in, and it refuses whom its posture keeps out.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from accessctl.actions.base import ActionResult, DoorAction
from accessctl.audit.base import Log, Recorder, write_down
from accessctl.config import Config
from accessctl.domain import DoorwayWord, Event, EventKind, PersonId, PersonRules, Reason
from accessctl.doorway.doorway import Doorway, DoorwayParts
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.opening import parts_of
from accessctl.doorway.requests import FACE_ENTRY_OFF, INTERLOCKED, LOCKED_DOWN
from accessctl.doorway.values import (
    DoorwayRecord,
    DoorwayState,
    GrantGiven,
    LockOutputs,
    OperatorCommand,
)
from accessctl.errors import AccessctlError, FaultError, InputError, StoreError
from accessctl.policy.access import AccessPlan, Hours, is_open, wall_time

RETRY_S = 5.0
MOST_DURESS = 64

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        LOCKED_DOWN: Reason.LOCKED_DOWN,
        FACE_ENTRY_OFF: Reason.FACE_ENTRY_OFF,
        INTERLOCKED: Reason.INTERLOCK,
    }
)

log = logging.getLogger(__name__)


class DoorwayDesk(Protocol):
    """What the door asks of its doorway."""

    @property
    def actions(self) -> Sequence[DoorAction]:
        """What a grant is told to, before what is configured."""

    def objection(self, rules: PersonRules) -> Reason | None:
        """Why nobody with these rules may come in by their face now; None: nothing here."""

    def look(self, *, acting: bool) -> None:
        """Time passes; take the lines that could not be taken yet, where this door acts."""

    def plan_by(self, config: Config) -> None:
        """From now on the hours are those of this configuration."""

    def command(self, command: OperatorCommand) -> str | None:
        """See doorway.Doorway.ask; InputError where there is no doorway."""

    def report(self) -> dict[str, Any] | None:
        """See doorway.Doorway.report; None where there is no doorway."""

    def controller(self) -> dict[str, Any] | None:
        """See controller.ControllerLink.report; None where there is no controller."""


class NoDoorway:
    """Nothing hangs on the door."""

    actions: Sequence[DoorAction] = ()

    def objection(self, rules: PersonRules) -> Reason | None:
        del rules
        return None

    def look(self, *, acting: bool) -> None:
        del acting

    def plan_by(self, config: Config) -> None:
        del config

    def command(self, command: OperatorCommand) -> str | None:
        del command
        raise InputError("Nothing hangs on this door; see the section doorway: in config.yaml.")

    def report(self) -> None:
        return None

    controller = report


NO_DOORWAY = NoDoorway()


class PartsMaker(Protocol):
    """Takes the lines of a doorway; see doorway.opening.parts_of."""

    def __call__(
        self,
        config: Config,
        record: Record,
        *,
        hours: Callable[[float], bool],
        clock_believed: Callable[[], bool],
        listeners: Sequence[DoorwayListener] = (),
    ) -> DoorwayParts: ...


@dataclass(frozen=True, slots=True, eq=False)
class Grantees:
    """What the doorway asks about a grant: the person's rules, and whether the PIN of that visit
    was one of duress."""

    rules_of: Callable[[PersonId], PersonRules]
    under_duress: Callable[[str], bool]


class DoorwayGate:
    """See DoorwayDesk. `look`, `open` and `close` belong to the loop, the rest to any thread."""

    def __init__(
        self,
        config: Config,
        audit: Log,
        grantees: Grantees,
        on_no_entry: Callable[[str, PersonId | None], None],
        make: PartsMaker = parts_of,
        listeners: Sequence[DoorwayListener] = (),
    ) -> None:
        """Takes nothing yet. `on_no_entry` hears of visits that were granted and did not enter,
        on another thread."""
        self._config = config
        self._audit = audit
        self._grantees = grantees
        self._on_no_entry = on_no_entry
        self._make = make
        self._listeners = (*listeners, self)
        self._plan = _OpenHours(config)
        self._doorway: Doorway | None = None
        self._tried = float("-inf")
        self._events: Counter[str] = Counter()
        self.actions: tuple[DoorAction, ...] = (
            DoorwayAction(self.grant, opens=config.doorway.lock is not None),
        )

    def open(self) -> None:
        """Take the lines and begin; LineError, ConfigError: then nothing is held."""
        if self._doorway is None:
            parts = self._make(
                self._config,
                doorway_recorder(self._audit),
                hours=self._hours,
                clock_believed=self._clock_believed,
                listeners=self._listeners,
            )
            doorway = Doorway(parts)
            doorway.__enter__()
            self._doorway = doorway

    def close(self) -> None:
        """Leave the lock as the doorway leaves it, and let go of the lines."""
        if self._doorway is not None:
            self._doorway.__exit__(None, None, None)
            self._doorway = None

    def look(self, *, acting: bool) -> None:
        now = time.monotonic()
        if self._doorway is None and acting and now - self._tried >= RETRY_S:
            self._tried = now
            try:
                self.open()
            except AccessctlError as error:
                log.error("The doorway cannot be taken yet: %s", error)

    def plan_by(self, config: Config) -> None:
        self._plan = _OpenHours(config)

    def objection(self, rules: PersonRules) -> Reason | None:
        doorway = self._doorway
        if doorway is None:
            return None
        why = doorway.objection(frozenset(rules.groups))
        return None if why is None else REASONS[why]

    def grant(self, visit: str, person: PersonId | None) -> str | None:
        """Somebody may come in by a decision on record; a sentence where they may not after all."""
        rules = PersonRules() if person is None else self._grantees.rules_of(person)
        groups = frozenset(rules.groups)
        extended = bool(groups & set(self._config.doorway.extended_groups))
        duress = self._grantees.under_duress(visit)
        given = GrantGiven(visit, person, groups=groups, extended=extended, duress=duress)
        return self._taken.ask(given)

    def command(self, command: OperatorCommand) -> str | None:
        return self._taken.ask(command)

    def report(self) -> dict[str, Any] | None:
        doorway = self._doorway
        if doorway is None:
            return {"state": "not_taken"}
        return {**doorway.report(), "events": dict(self._events)}

    def controller(self) -> None:
        """It is told beside the doorway; see controller_gate.ControllerDesk."""

    @property
    def _taken(self) -> Doorway:
        if self._doorway is None:
            raise FaultError("The doorway's lines are not taken; another program may hold them.")
        return self._doorway

    def recorded(self, record: DoorwayRecord, time: float) -> None:
        """See keeper.DoorwayListener."""
        del time
        if record.word is not DoorwayWord.DURESS:
            self._events[record.word.value] += 1
            log.info("Doorway: %s.", record.word.value, extra={"visit": record.data.get("visit")})
        visit = record.data.get("visit")
        if record.word is DoorwayWord.NO_ENTRY and isinstance(visit, str):
            self._on_no_entry(visit, record.person)

    def changed(self, outputs: LockOutputs, state: DoorwayState) -> None:
        """Whoever asks is told by `report`."""

    def _hours(self, epoch: float) -> bool:
        """Hours that a clock in doubt would open do not."""
        return self._plan.open_at(epoch) and self._clock_believed()

    def _clock_believed(self) -> bool:
        try:
            return self._audit.clock_doubt_s() is None
        except StoreError as error:
            log.error("Whether the clock is right cannot be known: %s", error)
            return False


class _OpenHours:
    """The schedule by which the door stands unlocked."""

    def __init__(self, config: Config) -> None:
        name, access = config.doorway.open_hours, config.access
        self._plan = AccessPlan.of(access)
        spans = () if name is None else access.schedules.get(name, ())
        self._hours = tuple(Hours.of(span) for span in spans)

    def open_at(self, epoch: float) -> bool:
        if not self._hours:
            return False
        return is_open(self._hours, wall_time(epoch, self._plan.zone), self._plan.holidays)


class DoorwayAction:
    """Hands a grant to the doorway, as an action of the door."""

    name = target = "doorway"
    joins = True

    def __init__(self, grant: Callable[[str, PersonId | None], str | None], *, opens: bool) -> None:
        self._grant = grant
        self.opens = opens

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        began = time.monotonic()
        person = payload.get("person_id")
        try:
            refused = self._grant(
                str(payload.get("visit")), None if person is None else PersonId(str(person))
            )
        except AccessctlError as error:
            refused = str(error)
        spent_ms = (time.monotonic() - began) * 1e3
        return ActionResult(refused is None, refused or "The doorway took the grant.", spent_ms)


def doorway_recorder(audit: Recorder) -> Record:
    """Writes what happens at a doorway into the event log."""

    def record(record: DoorwayRecord, time: float) -> bool:
        data = {"state": record.word.value, **record.data}
        return write_down(audit, Event(time, EventKind.DOORWAY, data, record.person))

    return record


class DuressVisits:
    """The last visits whose PIN was one of duress; any thread may ask."""

    def __init__(self) -> None:
        self._visits: deque[str] = deque(maxlen=MOST_DURESS)
        self._lock = threading.Lock()

    def note(self, visit: str) -> None:
        with self._lock:
            self._visits.append(visit)

    def __call__(self, visit: str) -> bool:
        with self._lock:
            return visit in self._visits
