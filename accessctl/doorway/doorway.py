"""A doorway at work: inputs, commands and grants in, relays driven, all of it in one thread."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field, replace
from typing import Any, Self

from accessctl.background import BackgroundThread
from accessctl.domain import DoorwayWord
from accessctl.doorway.drives import OutputDrive, drive_for
from accessctl.doorway.interlock import Arbiter, NoArbiter
from accessctl.doorway.keeper import Doorkeeper, DoorwayListener, Record
from accessctl.doorway.lines import ALARM, CONTACT, EXIT, FIRE, LOCK, TAMPER, InputPort, OutputPort
from accessctl.doorway.memory import PostureMemory
from accessctl.doorway.reading import next_deadline, secure
from accessctl.doorway.requests import objection_to
from accessctl.doorway.values import (
    Cause,
    CommandVerb,
    ContactSeen,
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    DoorwayStart,
    DoorwayState,
    GrantGiven,
    InputSeen,
    InterlockReport,
    LockOutputs,
    OperatorCommand,
    TimePasses,
)
from accessctl.errors import FaultError, LineError

TURN_S = 0.5
ASK_S = 15.0
RETRY_S = 2.0
WAIT_S = 0.5
CLOSE_S = 8.0

log = logging.getLogger(__name__)


def never_open(_epoch: float) -> bool:
    """Where there are no open hours."""
    return False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DoorwayParts:
    """What a doorway is made of.

    `record` writes an event of an epoch time down, True once it is on disk. `hours` says whether
    the schedule is open at an epoch time. `maglock`: power locks. `clock` is monotonic and that
    of the edges of `inputs`; `clock_believed` says whether the wall clock may be relied on.
    """

    rules: DoorwayRules
    record: Record
    clock: Callable[[], float]
    wall_clock: Callable[[], float]
    inputs: InputPort | None = None
    outputs: Mapping[str, OutputPort] = field(default_factory=dict)
    maglock: bool = False
    memory: PostureMemory | None = None
    arbiter: Arbiter = field(default_factory=NoArbiter)
    hours: Callable[[float], bool] = never_open
    clock_believed: Callable[[], bool] = lambda: True
    listeners: Sequence[DoorwayListener] = ()


class DoorwayLoop:
    """The doorway itself, turned by whoever holds it; belongs to one thread."""

    def __init__(self, parts: DoorwayParts, report: Callable[[DoorwayInput], object]) -> None:
        """`report` takes, from any thread, what the drives say; it comes back by `take`."""
        self._parts = parts
        self._drives: dict[str, OutputDrive] = {
            name: drive_for(name, port, report) for name, port in parts.outputs.items()
        }
        self._keeper = Doorkeeper(
            parts.rules,
            parts.record,
            self._drive,
            parts.wall_clock,
            parts.listeners,
            self._remember,
        )
        self._present = True

    @property
    def outputs(self) -> LockOutputs:
        return self._keeper.outputs

    @property
    def state(self) -> DoorwayState:
        return self._keeper.state

    @property
    def owed(self) -> int:
        return self._keeper.owed

    def start(self) -> None:
        """Read the levels, bring back what was set, and drive what follows from both."""
        parts = self._parts
        try:
            levels = {} if parts.inputs is None else parts.inputs.levels()
        except LineError as error:
            log.error("The doorway's inputs cannot be read: %s", error)
            levels = {}
        epoch = parts.wall_clock()
        start = DoorwayStart(
            contact_open=levels.get(CONTACT),
            exit_active=levels.get(EXIT),
            fire=levels.get(FIRE),
            tamper=levels.get(TAMPER),
        )
        if parts.memory is not None:
            known = parts.memory.load(epoch, clock_believed=parts.clock_believed())
            start = replace(
                start,
                posture=known.posture,
                seconds=known.seconds,
                beneath=known.beneath,
                face_entry=known.face_entry,
                remembered=known.what,
            )
        self._keeper.take(start, parts.clock())
        self.turn()

    def take(self, given: DoorwayInput) -> str | None:
        """See keeper.Doorkeeper.take; what may open asks the other door first."""
        if self._parts.rules.interlock:
            given = self._with_claim(given)
        refused = self._keeper.take(given, self._parts.clock())
        self._settle()
        return refused

    def _with_claim(self, given: DoorwayInput) -> DoorwayInput:
        if isinstance(given, GrantGiven):
            return replace(given, interlock=self._parts.arbiter.claim())
        if isinstance(given, OperatorCommand) and given.verb is CommandVerb.OPEN:
            return replace(given, interlock=self._parts.arbiter.claim())
        return given

    def turn(self) -> None:
        """Time passes."""
        now = self._parts.clock()
        present = self._parts.arbiter.present
        if present is not self._present:
            self._present = present
            self._keeper.take(InterlockReport(present), now)
        self._keeper.take(TimePasses(self._parts.hours(self._parts.wall_clock())), now)
        for drive in self._drives.values():
            drive.look(now)
        self._settle()

    def pause(self) -> float:
        """For how long nothing has to be done, seconds, unless something is heard."""
        deadline = next_deadline(self._parts.rules, self._keeper.state)
        if deadline is None:
            return TURN_S
        return min(TURN_S, max(0.0, deadline - self._parts.clock()))

    def stop(self) -> None:
        """Leave the lock locked, except in a fire or an evacuation: then as it is."""
        free = {Cause.FIRE, Cause.EVACUATION} & set(self.outputs.causes)
        told = DoorwayRecord(DoorwayWord.STOPPED, {"unlocked": bool(free)})
        self._parts.record(told, self._parts.wall_clock())
        for name, drive in self._drives.items():
            locked = self._parts.maglock if name == LOCK else False
            drive.close(None if free and name == LOCK else locked)
        self._parts.arbiter.close()

    def _drive(self, outputs: LockOutputs) -> None:
        if LOCK in self._drives:
            power = outputs.unlock is not self._parts.maglock
            self._drives[LOCK].want(power, outputs.until)
        if ALARM in self._drives:
            self._drives[ALARM].want(outputs.alarm, None)

    def _settle(self) -> None:
        """What was claimed for nothing is given back, what opened unasked is taken."""
        if self._parts.rules.interlock:
            self._parts.arbiter.settle(secure=secure(self._parts.rules, self._keeper.state))

    def _remember(self, state: DoorwayState) -> bool:
        parts = self._parts
        if parts.memory is None:
            return True
        return parts.memory.save(state, parts.clock(), parts.wall_clock())


class Doorway:
    """A doorway with a thread of its own, from `with` to its end; any thread may use it."""

    def __init__(self, parts: DoorwayParts) -> None:
        self._parts = parts
        self._queue: queue.SimpleQueue[tuple[DoorwayInput | None, Future[str | None] | None]] = (
            queue.SimpleQueue()
        )
        self._over = threading.Event()
        self._loop = DoorwayLoop(parts, self.tell)
        self._thread = BackgroundThread(
            self._work, name="doorway", stop=self._stop, patience_s=CLOSE_S
        )
        self._watch = BackgroundThread(
            self._watch_inputs, name="doorway-inputs", stop=self._over.set, patience_s=CLOSE_S
        )

    def __enter__(self) -> Self:
        try:
            self._loop.start()
        except BaseException:
            self._loop.stop()
            if self._parts.inputs is not None:
                self._parts.inputs.close()
            raise
        self._thread.__enter__()
        if self._parts.inputs is not None:
            self._watch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._parts.inputs is not None:
            self._watch.__exit__()
            self._parts.inputs.close()
        self._thread.__exit__()

    @property
    def rules(self) -> DoorwayRules:
        return self._parts.rules

    @property
    def outputs(self) -> LockOutputs:
        return self._loop.outputs

    def tell(self, given: DoorwayInput) -> None:
        """Take it in when its turn comes."""
        self._queue.put((given, None))

    def ask(self, given: DoorwayInput, timeout_s: float = ASK_S) -> str | None:
        """Take it in, and say why it was not done, None: it was. FaultError without an answer."""
        answer: Future[str | None] = Future()
        self._queue.put((given, answer))
        try:
            return answer.result(timeout_s)
        except TooLate as error:
            answer.cancel()
            raise FaultError("The doorway does not answer; look at the door's log.") from error

    def objection(self, groups: frozenset[str], by: str = "face") -> str | None:
        """Why a person of these groups may not come in now; see requests.objection_to."""
        return objection_to(self._parts.rules, self._loop.state, groups, by)

    def report(self) -> dict[str, Any]:
        """JSON values for `status`: state, posture, outputs, what is wrong."""
        state, outputs = self._loop.state, self._loop.outputs
        until = outputs.until
        return {
            "state": outputs.state.value,
            "posture": state.posture.value,
            "face_entry": state.face_entry,
            "leaf": state.leaf.value,
            "unlocked": outputs.unlock,
            "causes": [cause.value for cause in outputs.causes],
            "unlocked_for_s": None if until is None else round(until - self._parts.clock(), 1),
            "alarms": [alarm.value for alarm in outputs.alarms],
            "lost": sorted(state.lost),
            "failed": sorted(state.failed),
            "exit_stuck": state.exit_stuck,
            "unrecorded": self._loop.owed,
        }

    def _stop(self) -> None:
        self._over.set()
        self._queue.put((None, None))

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                given, answer = self._queue.get(timeout=self._loop.pause())
            except queue.Empty:
                given, answer = None, None
            try:
                self._turn(given, answer)
            except Exception:  # logged: a fault must not end the thread that lets people out
                log.exception("The doorway failed on %s.", type(given).__name__)
        self._loop.stop()

    def _turn(self, given: DoorwayInput | None, answer: Future[str | None] | None) -> None:
        if answer is not None and not answer.set_running_or_notify_cancel():
            # Whoever asked has given up: what they wanted must not happen later.
            return
        if given is not None:
            try:
                refused = self._loop.take(given)
            except Exception:
                if answer is not None:
                    answer.set_result("The doorway failed; look at the door's log.")
                raise
            if answer is not None:
                answer.set_result(refused)
        self._loop.turn()

    def _watch_inputs(self) -> None:
        """Tell of the inputs' edges; whenever nothing comes, whether one was missed."""
        port = self._parts.inputs
        known: dict[str, bool | None] = {}
        while port is not None and not self._over.is_set():
            try:
                edges = port.wait(WAIT_S)
                for edge in edges:
                    known[edge.name] = edge.active
                    self.tell(_seen(edge.name, edge.active, edge.at))
                if not edges:
                    known = self._catch_up(known, port.levels())
            except LineError as error:
                log.error("The doorway's inputs are lost: %s", error)
            except Exception:  # logged: a fault must not end what sees the exit button
                log.exception("The doorway's inputs are lost.")
            else:
                continue
            known = self._catch_up(known, dict.fromkeys(port.names))
            self._over.wait(RETRY_S)
            self._try_again(port)

    def _catch_up(
        self, known: Mapping[str, bool | None], levels: Mapping[str, bool | None]
    ) -> dict[str, bool | None]:
        for name, active in levels.items():
            if name not in known or known[name] is not active:
                self.tell(_seen(name, active, None))
        return dict(levels)

    def _try_again(self, port: InputPort) -> None:
        try:
            port.open_again()
        except LineError as error:
            log.info("The doorway's inputs are still lost: %s", error)
        except Exception:  # logged: it is tried again
            log.exception("The doorway's inputs are still lost.")


def _seen(name: str, active: bool | None, at: float | None) -> DoorwayInput:
    if name == CONTACT:
        return ContactSeen(active, at)
    if name in (EXIT, FIRE, TAMPER):
        return InputSeen(name, active, at)  # type: ignore[arg-type]
    raise ValueError(f"no input is called {name!r}")
