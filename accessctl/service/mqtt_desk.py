"""Where commands that come over MQTT are judged: what may not be taken is refused and on record,
the rest is the doorway's to do or to refuse, and on its record with the topic it came by.
"""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from accessctl.audit.base import Recorder, write_down
from accessctl.clock import boot_seconds
from accessctl.config import Config
from accessctl.domain import Posture
from accessctl.door.recorder import service_event
from accessctl.doorway.values import CommandVerb, OperatorCommand
from accessctl.errors import AccessctlError, InputError
from accessctl.mqtt.commands import Allowance, PlainNonces, SentCommand, command_in
from accessctl.mqtt.connection import Received
from accessctl.mqtt.topics import COMMANDS, Topics

TELL_DROPPED_S = 60.0
SHUTS = frozenset({("posture", Posture.LOCKED_DOWN.value), ("face_entry", "OFF")})
"""What a door may always be told to do."""
VERBS = {
    "lock": CommandVerb.OPEN,
    "posture": CommandVerb.POSTURE,
    "release": CommandVerb.RELEASE,
    "face_entry": CommandVerb.FACE_ENTRY,
    "acknowledge": CommandVerb.ACKNOWLEDGE,
}
LOCKS_ITSELF = "The door locks by itself; to end open hours set the posture."
NOT_PLAIN = "The command says neither when it ends nor which it is; see mqtt.plain_commands."
CLOCK_IN_DOUBT = "The door's clock is in doubt, so that nobody knows whether the command is over."
NO_WORD = "The command is none of that topic."
MAX_WHY = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DeskParts:
    """`command` is the doorway's, see DoorwayDesk.command. `clock_believed`: whether the wall clock
    may be relied on. `clock` is the one by which messages are stamped."""

    command: Callable[[OperatorCommand], str | None]
    audit: Recorder
    clock_believed: Callable[[], bool] = lambda: True
    clock: Callable[[], float] = boot_seconds
    wall_clock: Callable[[], float] = time.time


class CommandDesk:
    """Belongs to the link's thread."""

    def __init__(self, config: Config, topics: Topics, parts: DeskParts) -> None:
        self._config = config.mqtt
        self._parts = parts
        self._names = {topics.command(name): name for name in COMMANDS}
        self._allowance = Allowance()
        self._plain = PlainNonces()
        self._dropped = 0
        self._told = -math.inf

    def take(self, received: Received) -> bytes | None:
        """Do it or refuse it; what to answer, None: nothing, for it is no command, or one of too
        many."""
        name = self._names.get(received.topic)
        if name is None:
            return None
        if not self._allowance.spend(self._parts.clock()):
            self._dropped += 1
            return None
        sent: SentCommand | None = None
        try:
            sent = command_in(received.payload)
            refused = self._parts.command(self._command(name, sent, received))
        except AccessctlError as error:
            refused = str(error)
            self._write_down("mqtt_refused", topic=received.topic, why=refused[:MAX_WHY])
        if refused is None:
            log.info("Commanded by MQTT: %s.", received.topic)
        else:
            log.warning("A command by MQTT was refused (%s): %s", received.topic, refused)
        answer = {"topic": received.topic, "ok": refused is None, "why": refused}
        if sent is not None:
            answer |= {"value": sent.value, "nonce": sent.nonce}
        return json.dumps(answer).encode()

    def tick(self) -> None:
        """Time passes: commands of which there were too many are told of together."""
        now = self._parts.clock()
        if self._dropped and now - self._told >= TELL_DROPPED_S:
            self._told = now
            log.warning("%d commands by MQTT were not looked at: too many.", self._dropped)
            self._write_down("mqtt_dropped", commands=self._dropped)
            self._dropped = 0

    def _command(self, name: str, sent: SentCommand, received: Received) -> OperatorCommand:
        """InputError for what never reaches the doorway."""
        if sent.value not in COMMANDS[name]:
            raise InputError(NO_WORD)
        if sent.value == "LOCK":
            raise InputError(LOCKS_ITSELF)
        if sent.nonce is None and not self._config.plain_commands:
            raise InputError(NOT_PLAIN)
        believed = sent.expires is None or self._parts.clock_believed()
        if not believed and (name, sent.value) not in SHUTS:
            raise InputError(CLOCK_IN_DOUBT)
        age_s = sent.age_s(self._parts.wall_clock()) if believed else 0.0
        waited_s = self._parts.clock() - received.at
        if received.expires_s is not None and waited_s > received.expires_s:
            age_s = math.inf
        hours = sent.value == Posture.OPEN_HOURS.value
        nonce = sent.nonce
        if nonce is None:
            nonce = self._plain.nonce(received.topic, sent.value, self._parts.clock())
        return OperatorCommand(
            VERBS[name],
            by=sent.operator or "mqtt",
            via=f"mqtt {received.topic}",
            posture=Posture(sent.value) if name == "posture" else Posture.NORMAL,
            seconds=(sent.seconds or self._config.open_hours_s) if hours else None,
            on=sent.value == "ON",
            nonce=f"mqtt {nonce}",
            age_s=age_s + waited_s,
            retained=received.retained,
        )

    def _write_down(self, state: str, **data: object) -> None:
        write_down(self._parts.audit, service_event(state, self._parts.wall_clock(), **data))
