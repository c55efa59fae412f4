"""Who follows a running door from outside: a broker, where one is named."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

from accessctl.audit.log import EventLog
from accessctl.config import Config
from accessctl.domain import Decision, Frame
from accessctl.door.session import Session
from accessctl.door.visit import Step
from accessctl.service.statistics import Statistics

if TYPE_CHECKING:
    from accessctl.service.mqtt_bridge import BridgeParts, MqttBridge

Follow: TypeAlias = Callable[[Sequence[Decision], tuple[Frame, Step] | None], None]
"""Hears of decisions that are on record, and of the frame that brought them, if one did."""


def follow_nothing(_decisions: Sequence[Decision], _seen: tuple[Frame, Step] | None) -> None:
    """Where there is no broker."""


def following(*each: Follow) -> Follow:
    """All of them, one after the other."""

    def follow(decisions: Sequence[Decision], seen: tuple[Frame, Step] | None) -> None:
        for one in each:
            one(decisions, seen)

    return follow


def bridge_of(config: Config, environment: Mapping[str, str]) -> "MqttBridge | None":
    """None where no broker is named, and nothing of MQTT is loaded then; see MqttBridge for what it
    raises."""
    if not config.mqtt.used:
        return None
    from accessctl.service.mqtt_bridge import MqttBridge

    return MqttBridge(config, version("accessctl"), environment)


def parts_of_bridge(session: Session, audit: EventLog, statistics: Statistics) -> "BridgeParts":
    from accessctl.service.mqtt_bridge import BridgeParts
    from accessctl.service.mqtt_desk import DeskParts

    doorway = session.door.gate.doorway
    return BridgeParts(
        doorway=doorway.report,
        totals=statistics.totals,
        names=lambda: session.engine.roster.names,
        acting=lambda: session.door.acting,
        desk=DeskParts(
            command=doorway.command,
            audit=audit,
            clock_believed=lambda: audit.clock_doubt_s() is None,
        ),
    )
