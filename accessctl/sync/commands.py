"""What operators at the hub have this door do: by the same way as what is asked at the door itself.

A command comes with the answer to a wait and counts for ten seconds from when it was asked for.
Whether it is too old, or was heard before, the doorway judges as with every other command; its
record names the operator, and is on the disk before anything opens, and before the hub is told.
A step of an enrolment is judged and answered by whoever takes the photos.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from accessctl.audit.base import Recorder, write_down
from accessctl.clock import boot_seconds
from accessctl.domain import Event, EventKind, Posture
from accessctl.doorway.values import CommandVerb, OperatorCommand
from accessctl.errors import AccessctlError, InputError
from accessctl.storage.parsing import shortened
from accessctl.sync.feed_wire import COMMAND_S, CommandAnswer, CommandKind, HubCommand, Waited
from accessctl.sync.shot_wire import EnrolmentStep

Takes: TypeAlias = Literal["none", "shutting", "all"]
"""See config.site.SyncConfig.commands."""

RELEASE = "release"
VIA = "hub"
MAX_WHY = 300

NOT_TAKEN = "This door takes no such command from its hub; see sync.commands."
NOT_SHOWN = (
    "This door enrols nobody for its hub; it has to show it pictures and to take commands, see "
    "sync.live and sync.commands."
)
NOT_THE_LOCKS = "Somebody is enrolled by a door's camera in the console."
NO_STEP = f"A step of an enrolment is one of {', '.join(EnrolmentStep)}."
NOT_KNOWN = "This door is older than its hub, and knows no such command."
NO_VALUE = "Unlocking says nothing more than that."
NO_POSTURE = (
    f"A posture is one of {', '.join(Posture)} or {RELEASE}; after open_hours comes for how many "
    "seconds."
)
NO_SWITCH = "Face entry is on or off."

log = logging.getLogger(__name__)


def operator_command(command: HubCommand, age_s: float = 0.0) -> OperatorCommand:
    """What it asks of a doorway, asked `age_s` seconds ago; InputError for what it does not
    understand."""
    verb, posture, seconds, on = CommandVerb.OPEN, Posture.NORMAL, None, True
    match command.kind:
        case CommandKind.UNLOCK:
            if command.value:
                raise InputError(NO_VALUE)
        case CommandKind.POSTURE:
            verb, posture, seconds = _posture_in(command.value)
        case CommandKind.FACE_ENTRY:
            if command.value not in ("on", "off"):
                raise InputError(NO_SWITCH)
            verb, on = CommandVerb.FACE_ENTRY, command.value == "on"
        case CommandKind.ENROLMENT:
            raise InputError(NOT_THE_LOCKS)
        case _:
            raise InputError(NOT_KNOWN)
    return OperatorCommand(
        verb,
        by=command.operator,
        via=VIA,
        posture=posture,
        seconds=seconds,
        on=on,
        nonce=f"{VIA} {command.nonce}",
        age_s=age_s,
    )


def _posture_in(value: str) -> tuple[CommandVerb, Posture, float | None]:
    word, _, rest = value.partition(" ")
    try:
        if word == RELEASE and not rest:
            return CommandVerb.RELEASE, Posture.NORMAL, None
        posture = Posture(word)
        if (posture is Posture.OPEN_HOURS) != bool(rest):
            raise ValueError
        return CommandVerb.POSTURE, posture, float(rest) if rest else None
    except ValueError as error:
        raise InputError(NO_POSTURE) from error


@dataclass(frozen=True, slots=True)
class EnrolmentOrder:
    """A step that an operator (`by`) asked for `age_s` seconds ago; `nonce` is the command's."""

    step: EnrolmentStep
    by: str
    nonce: str
    age_s: float = 0.0


def enrolment_order(command: HubCommand, age_s: float = 0.0) -> EnrolmentOrder:
    """What it asks of a door at which somebody is enrolled; InputError for no such step."""
    try:
        step = EnrolmentStep(command.value)
    except ValueError as error:
        raise InputError(NO_STEP) from error
    return EnrolmentOrder(step, command.operator, command.nonce, age_s)


def enrols_nobody(order: EnrolmentOrder) -> None:
    """Where no pictures are shown; InputError."""
    del order
    raise InputError(NOT_SHOWN)


def is_taken(takes: Takes, command: OperatorCommand) -> bool:
    """Whether a door that takes this much from its hub takes that."""
    shuts = (command.verb, command.posture) == (CommandVerb.POSTURE, Posture.LOCKED_DOWN)
    shuts = shuts or (command.verb is CommandVerb.FACE_ENTRY and not command.on)
    return takes == "all" or (takes == "shutting" and shuts)


@dataclass(frozen=True, slots=True, eq=False)
class HubOrders:
    """Does or refuses what a wait brought; belongs to the thread that waits.

    `act` is the doorway's (DoorwayDesk.command); `answer` tells the hub what became of a nonce;
    `enrol` begins a step of an enrolment, InputError where it does not, and answers by itself;
    `clock` gives seconds that never go back, sleep included.
    """

    takes: Takes
    act: Callable[[OperatorCommand], str | None]
    record: Recorder
    answer: Callable[[str, CommandAnswer], object]
    enrol: Callable[[EnrolmentOrder], object] = enrols_nobody
    clock: Callable[[], float] = boot_seconds
    wall_clock: Callable[[], float] = time.time

    def __call__(self, waited: Waited) -> None:
        """Just received; see feed_wire.as_received."""
        received = self.clock()
        for command in waited.commands:
            age_s = COMMAND_S - command.expires_in_s + self.clock() - received
            refused = self._done(command, age_s)
            if refused is None:
                log.info("Commanded by the hub: %s.", command.kind)
                if command.kind is CommandKind.ENROLMENT:
                    continue
            else:
                log.warning("A command of the hub was refused: %s", refused)
            problem = "" if refused is None else shortened(refused, MAX_WHY)
            try:
                self.answer(command.nonce, CommandAnswer(done=refused is None, problem=problem))
            except AccessctlError as error:
                log.warning("The hub was not told what became of its command: %s", error)

    def _done(self, command: HubCommand, age_s: float) -> str | None:
        """None where it was done, else why not; on record either way."""
        try:
            if command.kind is CommandKind.ENROLMENT:
                if self.takes == "none":
                    raise InputError(NOT_SHOWN)
                self.enrol(enrolment_order(command, age_s))
                return None
            asked = operator_command(command, age_s)
            if not is_taken(self.takes, asked):
                raise InputError(NOT_TAKEN)
            return self.act(asked)
        except AccessctlError as error:
            why = shortened(str(error), MAX_WHY)
            told = {"state": "hub_refused", "command": str(command.kind), "by": command.operator}
            write_down(
                self.record,
                Event(self.wall_clock(), EventKind.SERVICE, {**told, "why": why}),
            )
            return why
