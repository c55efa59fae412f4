"""Runs the doorway's state machine: what has to be on record first is, then the outputs follow."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from accessctl.doorway.machine import react
from accessctl.doorway.reading import outputs_of
from accessctl.doorway.values import (
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    DoorwayState,
    DoorwayStep,
    LockOutputs,
    TimePasses,
)

MAX_OWED = 1000
ASK_LOG_S = 5.0
NOT_RECORDED = "The event log cannot be written, and nothing opens without its record."

Record: TypeAlias = Callable[[DoorwayRecord, float], bool]
"""Writes an event of that epoch time down; True once it is on disk."""

Drive: TypeAlias = Callable[[LockOutputs], None]

log = logging.getLogger(__name__)


class DoorwayListener(Protocol):
    """Whoever follows a doorway: the statistics, a bridge to another system.

    Called on the doorway's thread, in the order in which things happen: it has to be quick, and
    what it raises is logged and goes no further.
    """

    def recorded(self, record: DoorwayRecord, time: float) -> None:
        """Something happened at that epoch time; it is on record unless the log is full."""

    def changed(self, outputs: LockOutputs, state: DoorwayState) -> None:
        """What is driven, or the state, is another one now."""


@dataclass(frozen=True, slots=True)
class _Owed:
    record: DoorwayRecord
    time: float


class Doorkeeper:
    """One doorway; belongs to one thread."""

    def __init__(
        self,
        rules: DoorwayRules,
        record: Record,
        drive: Drive,
        wall_clock: Callable[[], float],
        listeners: Sequence[DoorwayListener] = (),
        remember: Callable[[DoorwayState], bool] = lambda _: True,
    ) -> None:
        """`remember` keeps what has to outlive the process; False: it could not, and is asked
        again."""
        self.rules = rules
        self.state = DoorwayState()
        self._record = record
        self._drive = drive
        self._wall_clock = wall_clock
        self._listeners = tuple(listeners)
        self._remember = remember
        self._remembered: tuple[object, ...] | None = None
        self._owed: deque[_Owed] = deque(maxlen=MAX_OWED)
        self._asked = float("-inf")
        self._patient = False

    @property
    def outputs(self) -> LockOutputs:
        return outputs_of(self.rules, self.state)

    @property
    def owed(self) -> int:
        """How many records wait for a log that can be written."""
        return len(self._owed)

    def take(self, given: DoorwayInput, now: float) -> str | None:
        """Take one input in; a sentence says why what it asks for was not done, None: it was."""
        step = react(self.rules, self.state, given, now)
        # A log that is full is asked again by whatever happens, and by the clock now and then.
        idle = isinstance(given, TimePasses) and step.required is None
        self._patient = idle and now - self._asked < ASK_LOG_S
        if step.owed and step.required is None:
            self._enter(step.state)
            self._pay(now)
            self._write_all((*step.tried, *step.owed))
            self._keep()
            return step.refused
        self._pay(now)
        self._write_all(step.tried)
        refused, state = self._decided(step)
        self._enter(state)
        if refused is step.refused:
            self._write_all(step.owed)
        self._keep()
        return refused

    def _decided(self, step: DoorwayStep) -> tuple[str | None, DoorwayState]:
        if step.required is None or step.without is None:
            return step.refused, step.state
        # In their order: nothing is written past what the log still lacks.
        if not self._owed and self._put(step.required, self._wall_clock()):
            return step.refused, step.state
        return NOT_RECORDED, step.without

    def _enter(self, state: DoorwayState) -> None:
        before, self.state = self.outputs, state
        after = self.outputs
        self._drive(after)
        if after != before:
            self._tell(lambda listener: listener.changed(after, state))

    def _write_all(self, records: Sequence[DoorwayRecord]) -> None:
        time = self._wall_clock()
        for record in records:
            if self._owed or not self._put(record, time):
                self._owe(record, time)

    def _owe(self, record: DoorwayRecord, time: float) -> None:
        if len(self._owed) == MAX_OWED:
            log.error("Too much waits for the event log; the oldest record of it is given up.")
        self._owed.append(_Owed(record, time))
        self._tell(lambda listener: listener.recorded(record, time))

    def _put(self, record: DoorwayRecord, time: float) -> bool:
        kept = self._record(record, time)
        if kept:
            self._tell(lambda listener: listener.recorded(record, time))
        return kept

    def _pay(self, now: float) -> None:
        if not self._owed or self._patient:
            return
        self._asked = now
        while self._owed and self._record(self._owed[0].record, self._owed[0].time):
            self._owed.popleft()

    def _keep(self) -> None:
        state = self.state
        kept = (state.posture, state.posture_until, state.beneath, state.face_entry)
        if kept != self._remembered and self._remember(state):
            self._remembered = kept

    def _tell(self, say: Callable[[DoorwayListener], None]) -> None:
        for listener in self._listeners:
            try:
                say(listener)
            except Exception:  # logged; who listens must not stop the doorway
                log.exception("A listener of the doorway failed.")
