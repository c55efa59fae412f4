"""What operators have doors do: for one door, now or not at all.

A command lives in memory alone, for ten seconds: it is handed to the door whose wait it ends, once,
and never to a later one. That it was asked for is in the journal before the door can hear of it,
and what became of it after the door said so, which it does after its own record.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from accessctl.errors import InputError
from accessctl.hub.database import HubDatabase
from accessctl.hub.doors import Doors
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.waking import Waking
from accessctl.sync.commands import operator_command
from accessctl.sync.feed_wire import COMMAND_S, MAX_COMMANDS, CommandAnswer, CommandKind, HubCommand
from accessctl.sync.shot_wire import EnrolmentStep, ShotTaken

ANSWER_S = 5.0
"""So long after its time the door may still answer for what it began in time."""
MOST_PENDING = 64
MAX_OPERATOR = 64

TOO_MANY = "Too many commands are under way; try again in a few seconds."
NOT_PENDING = "No such command waits for an answer of this door."


class CommandState(StrEnum):
    """What became of a command. `UNANSWERED`: the door has it, and what it did its log says."""

    DONE = "done"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


JOURNALLED: Mapping[CommandState, JournalKind] = {
    CommandState.DONE: JournalKind.COMMAND_DONE,
    CommandState.REFUSED: JournalKind.COMMAND_REFUSED,
    CommandState.UNANSWERED: JournalKind.COMMAND_LOST,
}


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """`sentence` says it to whoever asked; `shot` is the photo that was asked for, by the command
    of that `nonce`."""

    state: CommandState
    sentence: str
    nonce: str = ""
    shot: ShotTaken | None = None


@dataclass(slots=True, eq=False)
class _Pending:
    """`until` is monotonic seconds; `fetched`: the door was handed it."""

    door: str
    command: HubCommand
    until: float
    fetched: bool = False
    answer: CommandAnswer | None = None
    shot: ShotTaken | None = None
    settled: threading.Event = field(default_factory=threading.Event)


class Commands:
    """`send` waits in the operator's thread; `fetch` and `settle` return at once, in any thread."""

    def __init__(
        self,
        database: HubDatabase,
        doors: Doors,
        waking: Waking,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is epoch time."""
        self._database = database
        self._doors = doors
        self._waking = waking
        self._now = now
        self._random = random_bytes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}

    def send(self, door: str, kind: CommandKind, value: str, operator: str) -> CommandOutcome:
        """Have the door of this name do it, and wait for what it says: at most fifteen seconds.

        InputError for a door that has not joined, or what no door understands; StoreError, and
        then the door has not heard of it.
        """
        pending = self._prepared(self._doors.id_of(door), kind, value, operator)
        operator_command(pending.command)
        return self._sent(door, pending)

    def enrol(self, door: str, step: EnrolmentStep, operator: str) -> CommandOutcome:
        """Have the door of this name do a step of an enrolment by its camera; as `send`."""
        kind = CommandKind.ENROLMENT
        pending = self._prepared(self._doors.id_of(door), kind, step.value, operator)
        return self._sent(door, pending)

    def fetch(self, door: str) -> tuple[HubCommand, ...]:
        """What this door is to do now; nothing is given twice."""
        with self._lock:
            now = self._monotonic()
            found = [
                one
                for one in self._pending.values()
                if one.door == door and not one.fetched and one.until > now
            ]
            for one in found:
                one.fetched = True
        return tuple(
            one.command.model_copy(update={"expires_in_s": min(COMMAND_S, one.until - now)})
            for one in found
        )

    def has_for(self, door: str) -> bool:
        """Whether there is something that this door has not been handed."""
        with self._lock:
            now = self._monotonic()
            pending = self._pending.values()
            return any(one.door == door and not one.fetched and one.until > now for one in pending)

    def settle(self, door: str, nonce: str, answer: CommandAnswer) -> None:
        """What the door says of it; InputError for one that it has not, or not any more."""
        self._answered(door, nonce, answer, None)

    def give_shot(self, door: str, nonce: str, shot: ShotTaken) -> None:
        """The photo that a step of an enrolment asked for; InputError as `settle`."""
        self._answered(door, nonce, CommandAnswer(done=True), shot)

    def _answered(
        self, door: str, nonce: str, answer: CommandAnswer, shot: ShotTaken | None
    ) -> None:
        with self._lock:
            pending = self._pending.get(nonce)
            if pending is None or pending.door != door or not pending.fetched or pending.answer:
                raise InputError(NOT_PENDING)
            if shot is not None and pending.command.kind is not CommandKind.ENROLMENT:
                raise InputError(NOT_PENDING)
            pending.answer, pending.shot = answer, shot
        pending.settled.set()

    def _prepared(self, door: str, kind: CommandKind, value: str, operator: str) -> _Pending:
        if not 0 < len(operator) <= MAX_OPERATOR or not operator.isprintable():
            raise InputError(f"An operator has a name of 1 to {MAX_OPERATOR} characters.")
        if len(value) > MAX_OPERATOR:
            raise InputError("No door understands so long a word.")
        command = HubCommand(
            nonce=self._random(16).hex(),
            kind=kind,
            operator=operator,
            value=value,
            expires_in_s=COMMAND_S,
        )
        return _Pending(door, command, self._monotonic() + COMMAND_S)

    def _sent(self, door: str, pending: _Pending) -> CommandOutcome:
        self._journal(JournalKind.COMMAND_ASKED, door, pending)
        sentence = self._put(door, pending)
        outcome = CommandOutcome(CommandState.REFUSED, sentence) if sentence else None
        outcome = outcome or self._settled(door, pending)
        self._journal(JOURNALLED[outcome.state], door, pending, outcome.sentence)
        return outcome

    def _put(self, door: str, pending: _Pending) -> str:
        """Why it cannot be handed over; nothing where it can."""
        if self._waking.is_closing or not self._waking.is_connected(pending.door):
            return f"{door} is not connected."
        with self._lock:
            waiting = [one for one in self._pending.values() if one.door == pending.door]
            if len(self._pending) >= MOST_PENDING or len(waiting) >= MAX_COMMANDS:
                return TOO_MANY
            self._pending[pending.command.nonce] = pending
        self._waking.wake(pending.door)
        return ""

    def _settled(self, door: str, pending: _Pending) -> CommandOutcome:
        pending.settled.wait(max(0.0, pending.until - self._monotonic()))
        with self._lock:
            is_fetched = pending.fetched
            if not is_fetched:
                del self._pending[pending.command.nonce]
        if is_fetched:
            pending.settled.wait(max(0.0, pending.until + ANSWER_S - self._monotonic()))
            with self._lock:
                del self._pending[pending.command.nonce]
        return _outcome(door, pending)

    def _journal(
        self, kind: JournalKind, door: str, pending: _Pending, sentence: str | None = None
    ) -> None:
        command = pending.command
        told = {
            "door": pending.door,
            "name": door,
            "nonce": command.nonce,
            "command": str(command.kind),
            "value": command.value,
            "operator": command.operator,
        }
        if sentence is not None:
            told["answer"] = sentence
        with self._database.writing() as db:
            write_journal(self._database, db, kind, self._now(), told)


def _outcome(door: str, pending: _Pending) -> CommandOutcome:
    if not pending.fetched:
        return CommandOutcome(CommandState.REFUSED, f"{door} is not connected.")
    if pending.answer is None:
        return CommandOutcome(
            CommandState.UNANSWERED,
            f"{door} was told and did not answer; see `accessctl hub events --door {door}` for "
            "what it did.",
        )
    if pending.shot is not None:
        said = f"no photo: {pending.shot.fault}" if pending.shot.fault else "a photo"
        sentence = f"{door} took {said}, and has it on record."
        return CommandOutcome(CommandState.DONE, sentence, pending.command.nonce, pending.shot)
    if pending.answer.done:
        return CommandOutcome(CommandState.DONE, f"{door} did it, and has it on record.")
    return CommandOutcome(CommandState.REFUSED, f"{door} refuses: {pending.answer.problem}")
