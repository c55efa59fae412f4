"""What `accessctl doctor` finds at the broker: whether it answers this door, how it is guarded."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from accessctl.config import Config
from accessctl.config.mqtt import MqttConfig
from accessctl.control.client import ask
from accessctl.errors import AccessctlError
from accessctl.mqtt.broker import broker_access
from accessctl.mqtt.connection import Connection
from accessctl.mqtt.topics import device_id
from accessctl.service.checks import Finding, ok, warning
from accessctl.storage.parsing import printable

SUBJECT = "mqtt"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def running_link(socket: Path) -> Mapping[str, Any] | None:
    """What the running door says of it; None where no door runs, or it has no broker."""
    try:
        report = ask(socket, "status").get("mqtt")
    except AccessctlError:
        return None
    return report if isinstance(report, dict) else None


def check_mqtt(
    config: Config,
    environment: Mapping[str, str],
    running: Callable[[Path], Mapping[str, Any] | None] = running_link,
) -> Iterator[Finding]:
    """Connects for a moment, beside the door's own connection; nothing is published. Says nothing
    where no broker is named."""
    if not config.mqtt.used:
        return
    # Another name than the door's, whose connection would be ended by its own.
    client = f"{device_id(config.access.door)}-doctor-{os.getpid()}"
    access = broker_access(config.mqtt, client, environment)
    connection = Connection(access)
    try:
        connection.open()
        tls = connection.tls
    finally:
        connection.close()
    guarded = "without TLS" if tls is None else f"{tls}, its certificate checked"
    yield ok(SUBJECT, f"{printable(access.place).capitalize()} answers, {guarded}.")
    yield from _of_settings(config.mqtt)
    link = running(config.service.socket)
    if link is not None and not link["connected"]:
        why = printable(str(link["error"]))
        yield warning(SUBJECT, f"The running door is not connected: {why}")


def _of_settings(config: MqttConfig) -> Iterator[Finding]:
    if not config.tls and config.host not in LOOPBACK:
        yield warning(
            SUBJECT,
            "Everything goes in the clear, the password and commands too: set mqtt.tls: true.",
        )
    if config.user is None:
        yield warning(
            SUBJECT,
            "The door has no user of its own at the broker; give it one, and let it write its "
            "own topics only (docs/doorway.md).",
        )
    if config.commands and config.plain_commands:
        yield warning(
            SUBJECT,
            "Commands without an end are taken; where all who command can say when theirs end, "
            "set mqtt.plain_commands: false.",
        )
