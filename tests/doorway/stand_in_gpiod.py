"""A stand-in for the package gpiod 2: chips in files, lines with levels that a test sets.

The names, arguments and enumerations that are used are those of gpiod 2.5.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class Value(Enum):
    INACTIVE = 0
    ACTIVE = 1


class Direction(Enum):
    AS_IS = 1
    INPUT = 2
    OUTPUT = 3


class Edge(Enum):
    NONE = 1
    BOTH = 4


class Bias(Enum):
    AS_IS = 1
    DISABLED = 3
    PULL_UP = 4
    PULL_DOWN = 5


class Clock(Enum):
    MONOTONIC = 1


@dataclass(frozen=True)
class LineSettings:
    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    active_low: bool = False
    debounce_period: object = None
    event_clock: Clock = Clock.MONOTONIC
    output_value: Value = Value.INACTIVE


class EventType(Enum):
    RISING_EDGE = 1
    FALLING_EDGE = 2


@dataclass(frozen=True)
class StandInEvent:
    event_type: EventType
    timestamp_ns: int
    line_offset: int
    Type: Any = EventType


@dataclass
class StandInLine:
    """`high` is the electrical level; `shorted` that an output cannot move it."""

    name: str
    high: bool = False
    consumer: str = ""
    shorted: bool = False
    settings: LineSettings | None = None


@dataclass
class StandInChip:
    label: str
    lines: list[StandInLine]
    gone: bool = False
    requests: list["StandInRequest"] = field(default_factory=list)

    def line(self, name: str) -> StandInLine:
        return next(line for line in self.lines if line.name == name)

    def move(self, name: str, high: bool, at_ns: int) -> None:
        """Another level, with the edge that the kernel would tell of."""
        line = self.line(name)
        line.high = high
        number = self.lines.index(line)
        for request in self.requests:
            if number in request.settings:
                rising = high is not request.settings[number].active_low
                kind = EventType.RISING_EDGE if rising else EventType.FALLING_EDGE
                request.tell(StandInEvent(kind, at_ns, number))


class StandInRequest:
    def __init__(self, chip: StandInChip, settings: Mapping[int, LineSettings]) -> None:
        self.chip = chip
        self.settings = dict(settings)
        self.events: list[StandInEvent] = []
        self.fd, self._tells = os.pipe()

    def tell(self, event: StandInEvent) -> None:
        self.events.append(event)
        os.write(self._tells, b"e")

    def get_values(self, lines: list[int]) -> list[Value]:
        if self.chip.gone:
            raise OSError(19, "No such device")
        return [self.get_value(number) for number in lines]

    def get_value(self, line: int) -> Value:
        active = self.chip.lines[line].high is not self.settings[line].active_low
        return Value.ACTIVE if active else Value.INACTIVE

    def set_value(self, line: int, value: Value) -> None:
        if self.chip.gone:
            raise OSError(19, "No such device")
        if not self.chip.lines[line].shorted:
            self.chip.lines[line].high = (value is Value.ACTIVE) is not self.settings[
                line
            ].active_low

    def read_edge_events(self) -> list[StandInEvent]:
        if self.chip.gone:
            raise OSError(19, "No such device")
        os.read(self.fd, len(self.events))
        events, self.events = self.events, []
        return events

    def release(self) -> None:
        self.chip.requests.remove(self)
        for number in self.settings:
            self.chip.lines[number].consumer = ""
        os.close(self.fd)
        os.close(self._tells)


class StandIn:
    """The package; `chips` by the paths of their devices."""

    def __init__(self, chips: Mapping[Path, StandInChip]) -> None:
        self.chips = {str(path): chip for path, chip in chips.items()}
        self.line = SimpleNamespace(
            Value=Value, Direction=Direction, Edge=Edge, Bias=Bias, Clock=Clock
        )
        self.LineSettings = LineSettings

    def is_gpiochip_device(self, path: str) -> bool:
        return os.path.realpath(path) in self.chips

    def Chip(self, path: str) -> "OpenChip":  # noqa: N802
        return OpenChip(self.chips[os.path.realpath(path)])


class OpenChip:
    def __init__(self, chip: StandInChip) -> None:
        self.chip = chip

    def __enter__(self) -> "OpenChip":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def get_info(self) -> SimpleNamespace:
        return SimpleNamespace(label=self.chip.label, num_lines=len(self.chip.lines))

    def get_line_info(self, line: int) -> SimpleNamespace:
        found = self.chip.lines[line]
        return SimpleNamespace(
            offset=line, name=found.name, used=bool(found.consumer), consumer=found.consumer
        )

    def request_lines(
        self, config: Mapping[int, LineSettings], consumer: str | None = None
    ) -> StandInRequest:
        if any(self.chip.lines[number].consumer for number in config):
            raise OSError(16, "Device or resource busy")
        for number, settings in config.items():
            line = self.chip.lines[number]
            line.consumer, line.settings = consumer or "", settings
            if settings.direction is Direction.OUTPUT:
                line.high = (settings.output_value is Value.ACTIVE) is not settings.active_low
        request = StandInRequest(self.chip, config)
        self.chip.requests.append(request)
        return request
