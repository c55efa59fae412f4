"""From the configuration to a doorway's parts."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from accessctl.config import Config
from accessctl.config.doorway import (
    DoorwayConfig,
    GpioOutput,
    HttpOutput,
    InputLineConfig,
    OutputConfig,
)
from accessctl.domain import Posture
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.gpio import DEVICES, GpioInputs, GpioRelay, line_fact
from accessctl.doorway.http_relay import network_relay
from accessctl.doorway.interlock import Arbiter, FileArbiter, NoArbiter
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.lines import ALARM, CONTACT, EXIT, FIRE, LOCK, TAMPER, LineFact, OutputPort
from accessctl.doorway.memory import PostureMemory
from accessctl.doorway.values import DoorwayRules
from accessctl.errors import AccessctlError, LineError
from accessctl.redaction import redact

MEMORY = "doorway.json"


def rules_of(config: DoorwayConfig) -> DoorwayRules:
    return DoorwayRules(
        contact=config.contact is not None,
        unlock_s=config.unlock_s,
        extended_s=max(config.extended_s, config.unlock_s),
        held_s=config.held_s,
        extended_held_s=max(config.extended_held_s, config.held_s),
        grace_s=config.grace_s,
        exit_s=config.exit_s,
        exit_unlocks=config.exit_unlocks,
        exit_stuck_s=config.exit_stuck_s,
        alarm_s=config.alarm_s,
        first_person=config.first_person,
        lockdown_groups=frozenset(config.lockdown_groups),
        interlock=config.interlock is not None,
    )


def memory_file(config: Config) -> Path:
    """Where the posture is kept."""
    return config.doorway.memory or config.audit.file.with_name(MEMORY)


def inputs_of(config: DoorwayConfig) -> dict[str, InputLineConfig]:
    """The inputs that are there, by what they are."""
    lines = {
        CONTACT: config.contact,
        EXIT: config.exit,
        FIRE: config.fire,
        TAMPER: config.tamper,
    }
    return {name: line for name, line in lines.items() if line is not None}


def outputs_in(config: DoorwayConfig) -> dict[str, OutputConfig]:
    outputs = {LOCK: config.lock, ALARM: config.alarm}
    return {name: output for name, output in outputs.items() if output is not None}


def relay_addresses(config: DoorwayConfig) -> list[str]:
    """The addresses of the relays in the network."""
    found: list[str] = []
    for output in outputs_in(config).values():
        if isinstance(output, HttpOutput):
            found += [output.on.url, output.off.url, output.state.url]
        elif not isinstance(output, GpioOutput):
            found.append(output.url)
    return found


def lock_place(config: DoorwayConfig) -> str | None:
    """Where the lock hangs, for the log: without secrets. None: `actions.granted` open it."""
    lock = config.lock
    if config.controller is not None:
        return f"controller {config.controller.type} {config.controller.device}"
    if lock is None:
        return None
    if isinstance(lock, GpioOutput):
        return f"doorway {config.lock_kind} gpio {lock.chip} {lock.line}"
    address = lock.on.url if isinstance(lock, HttpOutput) else lock.url
    return f"doorway {config.lock_kind} {lock.type} {redact(address)}"


def safe_outputs(config: Config, gpiod: Any | None = None, devices: Path = DEVICES) -> list[str]:
    """After a door that died: lock the lock and end the alarm, except in an evacuation or a fire; a
    sentence for each that could not be set."""
    if not config.doorway.used:
        return []
    known = PostureMemory(memory_file(config)).load(0.0, clock_believed=False)
    fire = config.doorway.fire
    burns = fire is not None and line_fact(FIRE, fire, gpiod, devices).level is True
    if burns or known.posture is Posture.EVACUATION:
        return []
    maglock, wrong = config.doorway.lock_kind == "maglock", []
    for name, output in outputs_in(config.doorway).items():
        power = maglock and name == LOCK
        try:
            port = _port(output, safe=power, gpiod=gpiod, devices=devices)
            port.drive(power, None)
            port.close()
        except AccessctlError as error:
            wrong.append(f"{name}: {error}")
    return wrong


def _port(output: OutputConfig, *, safe: bool, gpiod: Any | None, devices: Path) -> OutputPort:
    if isinstance(output, GpioOutput):
        return GpioRelay(output, safe=safe, gpiod=gpiod, devices=devices)
    return network_relay(output)


def parts_of(
    config: Config,
    record: Record,
    *,
    hours: Callable[[float], bool],
    clock_believed: Callable[[], bool],
    listeners: Sequence[DoorwayListener] = (),
    gpiod: Any | None = None,
    devices: Path = DEVICES,
    clock: Callable[[], float] = time.monotonic,
    wall_clock: Callable[[], float] = time.time,
) -> DoorwayParts:
    """Takes the lines, the lock's in its safe state: locked.

    LineError for a line that is not there or is held, ConfigError for a password or an interlock
    that cannot be used; then nothing is held.
    """
    doorway = config.doorway
    maglock = doorway.lock_kind == "maglock"
    with ExitStack() as stack:
        outputs: dict[str, OutputPort] = {}
        for name, output in outputs_in(doorway).items():
            safe = maglock and name == LOCK
            port = _port(output, safe=safe, gpiod=gpiod, devices=devices)
            stack.callback(port.close)
            outputs[name] = port
        lines = inputs_of(doorway)
        inputs = GpioInputs(lines, gpiod, devices) if lines else None
        if inputs is not None:
            stack.callback(inputs.close)
        arbiter: Arbiter = NoArbiter()
        if doorway.interlock is not None:
            folder, other = doorway.interlock.folder, doorway.interlock.other
            arbiter = FileArbiter(folder, config.access.door, other)
        parts = DoorwayParts(
            rules=rules_of(doorway),
            record=record,
            clock=clock,
            wall_clock=wall_clock,
            inputs=inputs,
            outputs=outputs,
            maglock=maglock,
            memory=PostureMemory(memory_file(config)),
            arbiter=arbiter,
            hours=hours,
            clock_believed=clock_believed,
            listeners=listeners,
        )
        stack.pop_all()
    return parts


def facts_of(
    config: DoorwayConfig, gpiod: Any | None = None, devices: Path = DEVICES
) -> list[LineFact]:
    """What is known of each line without taking it; a relay in the network is asked."""
    facts = [line_fact(name, line, gpiod, devices) for name, line in inputs_of(config).items()]
    for name, output in outputs_in(config).items():
        if isinstance(output, GpioOutput):
            facts.append(line_fact(name, output, gpiod, devices))
            continue
        relay = network_relay(output)
        try:
            facts.append(LineFact(name, relay.name, relay.read(), None))
        except LineError as error:
            facts.append(LineFact(name, relay.name, None, None, str(error)))
    return facts
