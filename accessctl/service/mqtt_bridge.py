"""Between a running door and its broker: what happens is told, and what is commanded is handed to
the doorway, which puts it on record before it takes effect.

Everything that may wait for the broker happens on the link's thread. The door's and the doorway's
threads only put something into a bounded outbox.
"""

import json
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2

from accessctl.config import Config
from accessctl.domain import Decision, DoorwayWord, Face, Frame, Image, Outcome, PersonId
from accessctl.door.recorder import face_cut, jpeg_of
from accessctl.door.visit import Step
from accessctl.doorway.values import DoorwayRecord, DoorwayState, LockOutputs
from accessctl.mqtt.broker import broker_access
from accessctl.mqtt.connection import Connection, Received
from accessctl.mqtt.discovery import RING, DeviceFacts, Fittings, announcement
from accessctl.mqtt.link import Link, LinkParts, Patience
from accessctl.mqtt.outbox import Outbox
from accessctl.mqtt.topics import COMMANDS, OFFLINE, ONLINE, Message, Topics, device_id
from accessctl.service import mqtt_states as states
from accessctl.service.metrics import Totals
from accessctl.service.mqtt_desk import CommandDesk, DeskParts

MOST_RUNG = 64
MOST_WIDE = 320
BIRTH_SPREAD_S = 3.0
"""When Home Assistant starts, a site's doors do not all answer at once."""
TOLD_AS_EVENTS = frozenset({DoorwayWord.FORCED, DoorwayWord.HELD})

USUAL = Patience()
LOOK_S = 5.0
"""How often the numbers are looked at, besides after each decision."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BridgeParts:
    """What a bridge asks of its door, each from any thread.

    `names` are the gallery's. `acting`: whether this door acts; where it does not, there is no
    connection. `desk` takes commands.
    """

    doorway: Callable[[], Mapping[str, Any] | None]
    totals: Callable[[], Totals]
    names: Callable[[], Mapping[PersonId, str]]
    acting: Callable[[], bool]
    desk: DeskParts


def topics_of(config: Config) -> Topics:
    mqtt = config.mqtt
    return Topics(mqtt.topic, device_id(config.access.door), mqtt.discovery_prefix)


def fittings_of(config: Config) -> Fittings:
    doorway = config.doorway
    return Fittings(
        contact=doorway.contact is not None,
        tamper=doorway.tamper is not None,
        lock=doorway.lock is not None,
        doorway=doorway.used,
        commands=config.mqtt.commands,
        pictures=config.mqtt.pictures,
    )


class MqttBridge:
    """A doorway.keeper.DoorwayListener, and told of decisions; see the module."""

    def __init__(
        self,
        config: Config,
        version: str,
        environment: Mapping[str, str],
        *,
        patience: Patience = USUAL,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Opens nothing; ConfigError for a password or a certificate that cannot be used,
        FaultError without paho-mqtt."""
        self._config = config
        self._topics = topics_of(config)
        self._fittings = fittings_of(config)
        self._version = version
        self._patience = patience
        self._chance = chance
        self._access = broker_access(config.mqtt, self._topics.device, environment)
        # A door without paho-mqtt is to say so at its start.
        self._connection(None)
        self._outbox = Outbox(config.mqtt.queue, time.monotonic)
        self._look_at = float("-inf")
        self._rung: deque[str] = deque(maxlen=MOST_RUNG)
        self._parts: BridgeParts | None = None
        self._desk: CommandDesk | None = None
        self._link: Link | None = None

    def link(self, parts: BridgeParts) -> Link:
        """What runs the bridge, from `with` to its end, once the door is there."""
        self._parts = parts
        self._desk = CommandDesk(self._config, self._topics, parts.desk)
        topics = self._topics
        self._link = Link(
            LinkParts(
                connect=self._connection,
                outbox=self._outbox,
                announce=self._announce,
                online=Message(topics.availability, ONLINE, retain=True),
                goodbye=self._offline,
                take=self._take,
                tick=self._tick,
                wanted=parts.acting,
                patience=self._patience,
                chance=self._chance,
            )
        )
        return self._link

    @property
    def _offline(self) -> Message:
        return Message(self._topics.availability, OFFLINE, retain=True)

    def report(self) -> dict[str, Any] | None:
        """For `accessctl status`; see Link.report."""
        if self._link is None:
            return None
        return {"broker": f"{self._access.host}:{self._access.port}", **self._link.report()}

    def recorded(self, record: DoorwayRecord, time: float) -> None:
        """See keeper.DoorwayListener."""
        if record.word in TOLD_AS_EVENTS:
            payload = states.event(record.word.value, {"time": round(time, 3)})
            self._outbox.event(self._topics.state("decision"), payload)
        self._wake()

    def changed(self, outputs: LockOutputs, state: DoorwayState) -> None:
        """See keeper.DoorwayListener; how things are is asked on the link's thread."""
        del outputs, state
        self._wake()

    def follow(self, decisions: Sequence[Decision], seen: tuple[Frame, Step] | None) -> None:
        """Decisions that are on record, and the frame that brought them, if one did."""
        parts = self._parts
        if parts is None or not parts.acting():
            return
        for decision in decisions:
            self._tell(decision, parts)
            face = None if seen is None else _face_of(decision.visit, seen[1])
            if self._fittings.pictures and seen is not None and face is not None:
                picture = face_cut(seen[0].image, face)
                self._outbox.picture(self._topics.state("picture"), partial(_small, picture))
        if decisions:
            self._look_at = float("-inf")
            self._wake()

    def _tell(self, decision: Decision, parts: BridgeParts) -> None:
        topics, outbox = self._topics, self._outbox
        name = None
        if self._config.mqtt.names and decision.person is not None:
            name = parts.names().get(decision.person)
        facts = states.decision_facts(decision, name)
        outcome = decision.outcome
        outbox.event(topics.state("decision"), states.event(outcome.value, facts))
        outbox.state(topics.state("last_decision"), outcome.value.encode())
        outbox.state(topics.attributes("last_decision"), json.dumps(facts).encode())
        if outcome is Outcome.UNKNOWN and decision.visit not in self._rung:
            self._rung.append(decision.visit)
            outbox.event(topics.state("doorbell"), states.event(RING, {"visit": decision.visit}))

    def _wake(self) -> None:
        if self._link is not None:
            self._link.wake()

    def _connection(self, wake: Any) -> Connection:
        topics = self._topics
        subscribe = [] if topics.birth is None else [topics.birth]
        if self._fittings.commands:
            subscribe += commanded_topics(topics)
        return Connection(self._access, will=self._offline, subscribe=subscribe, wake=wake)

    def _announce(self) -> list[Message]:
        self._look_at = float("-inf")
        name = self._config.mqtt.device_name or f"Door {self._config.access.door}"
        message = announcement(self._topics, DeviceFacts(name, self._version, self._fittings))
        return [] if message is None else [message]

    def _take(self, received: Received) -> None:
        """A message on one of the topics that were subscribed to; another one is not looked at."""
        if received.topic == self._topics.birth:
            if received.payload == ONLINE and self._link is not None:
                self._link.announce_in(self._chance() * BIRTH_SPREAD_S)
        elif self._desk is not None and self._fittings.commands:
            answer = self._desk.take(received)
            if answer is not None:
                self._outbox.event(self._topics.answers, answer)

    def _tick(self) -> None:
        if self._parts is None or self._desk is None:
            return
        self._desk.tick()
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._tell_numbers(self._parts.totals())
        report = self._parts.doorway()
        if report is not None:
            self._tell_states(states.doorway_states(report, self._fittings))
            alarms = states.alarm_attributes(report)
            self._outbox.state(self._topics.attributes("alarm"), alarms.encode())

    def _tell_numbers(self, totals: Totals) -> None:
        told = {
            "counts": states.counts(totals),
            "picture_age": states.picture_age(totals),
            "missed": str(self._outbox.missed),
            "version": states.version_state(self._version, self._config.mqtt.latest_version),
        }
        told["problem"], attributes = states.problem_states(totals)
        self._outbox.state(self._topics.attributes("problem"), attributes.encode())
        self._tell_states(told)

    def _tell_states(self, told: Mapping[str, str]) -> None:
        for name, state in told.items():
            self._outbox.state(self._topics.state(name), state.encode())


def commanded_topics(topics: Topics) -> list[str]:
    """Every topic that is a command, and nothing else is."""
    return [topics.command(name) for name in COMMANDS]


def _face_of(visit: str, step: Step) -> Face | None:
    return next((view.face for view in step.faces if view.visit == visit), None)


def _small(picture: Image) -> bytes:
    if picture.size == 0:
        return b""
    height, width = picture.shape[:2]
    if width > MOST_WIDE:
        size = (MOST_WIDE, max(1, round(height * MOST_WIDE / width)))
        return jpeg_of(
            cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(picture.dtype)
        )
    return jpeg_of(picture)
