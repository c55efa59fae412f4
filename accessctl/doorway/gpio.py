"""GPIO lines of this machine, by libgpiod 2 (the kernel's character device, uAPI v2).

A chip is found by its label and a line by its name, because numbers change from one kernel to the
next. The kernel debounces, and stamps each edge with its monotonic clock.
"""

import errno
import select
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from accessctl.config.doorway import GpioOutput, InputLineConfig
from accessctl.doorway.lines import LineEdge, LineFact
from accessctl.errors import LineError

CONSUMER = "accessctl"
DEVICES = Path("/dev")


def gpiod_library() -> Any:
    """libgpiod's Python package, 2.x; LineError where it is not installed."""
    try:
        import gpiod
    except ImportError as error:
        raise LineError(
            "GPIO lines need the package gpiod; install it with: pip install 'accessctl[doorway]'"
        ) from error
    return gpiod


def happens(closed: bool, wiring: str) -> bool:
    """Whether what the switch tells of happens; `closed`: current flows in its loop."""
    return closed is (wiring == "no")


def chip_path(gpiod: Any, label: str, devices: Path = DEVICES) -> Path:
    """The device of the only chip with that label; LineError."""
    found = {path.resolve() for path, known in _chips(gpiod, devices) if known == label}
    if len(found) == 1:
        return found.pop()
    if found:
        raise LineError(f"Several GPIO chips are labelled {label!r}; only one may be attached.")
    known = sorted({name for _, name in _chips(gpiod, devices)})
    there = f"there are {', '.join(known)}" if known else "there is none"
    raise LineError(
        f"No GPIO chip is labelled {label!r} ({there}); look with gpiodetect, and see that this "
        "user may read /dev/gpiochip* (group gpio)."
    )


def _chips(gpiod: Any, devices: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(devices.glob("gpiochip*")):
        if gpiod.is_gpiochip_device(str(path)):
            try:
                with gpiod.Chip(str(path)) as chip:
                    yield path, chip.get_info().label
            except OSError:
                # One that may not be read is told of as one that is not there.
                continue


def offset_of(chip: Any, label: str, name: str) -> int:
    """The number of the only line of that name on the chip; LineError."""
    infos = (chip.get_line_info(number) for number in range(chip.get_info().num_lines))
    offsets = [info.offset for info in infos if info.name == name]
    if len(offsets) == 1:
        return int(offsets[0])
    why = "has several lines" if offsets else "has no line"
    raise LineError(f"The GPIO chip {label!r} {why} called {name!r}; look with gpioinfo.")


def _fault(error: OSError, place: str) -> LineError:
    if error.errno == errno.EBUSY:
        return LineError(
            f"{place} is held by another program; `accessctl doctor` says which, stop that one."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return LineError(f"{place} may not be used; add the door's user to the group gpio.")
    if error.errno == errno.EINVAL:
        return LineError(f"{place} cannot be used so; its chip may have no such bias or debounce.")
    return LineError(f"{place} does not answer ({error.strerror or error}).")


class GpioInputs:
    """Some inputs, on one chip or several; see lines.InputPort."""

    def __init__(
        self,
        inputs: Mapping[str, InputLineConfig],
        gpiod: Any | None = None,
        devices: Path = DEVICES,
    ) -> None:
        """Takes the lines; LineError when one is not there or is held by somebody else."""
        self._gpiod = gpiod or gpiod_library()
        self._inputs = dict(inputs)
        self._devices = devices
        self._open = ExitStack()
        self._requests: list[tuple[Any, dict[int, str]]] = []
        self.open_again()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._inputs)

    def open_again(self) -> None:
        self.close()
        with ExitStack() as stack:
            requests = []
            for label in sorted({config.chip for config in self._inputs.values()}):
                request, names = self._take_chip(label)
                stack.callback(request.release)
                requests.append((request, names))
            self._requests, self._open = requests, stack.pop_all()

    def _take_chip(self, label: str) -> tuple[Any, dict[int, str]]:
        gpiod, line = self._gpiod, self._gpiod.line
        path = chip_path(gpiod, label, self._devices)
        ours = {name: one for name, one in self._inputs.items() if one.chip == label}
        try:
            with gpiod.Chip(str(path)) as chip:
                names = {offset_of(chip, label, one.line): name for name, one in ours.items()}
                settings = {
                    number: gpiod.LineSettings(
                        direction=line.Direction.INPUT,
                        edge_detection=line.Edge.BOTH,
                        bias=getattr(line.Bias, ours[name].bias.upper()),
                        active_low=ours[name].active_low,
                        debounce_period=timedelta(milliseconds=ours[name].debounce_ms),
                        event_clock=line.Clock.MONOTONIC,
                    )
                    for number, name in names.items()
                }
                return chip.request_lines(settings, consumer=CONSUMER), names
        except OSError as error:
            raise _fault(error, f"A line of the GPIO chip {label!r}") from error

    def levels(self) -> Mapping[str, bool]:
        active = self._gpiod.line.Value.ACTIVE
        found: dict[str, bool] = {}
        try:
            for request, names in self._requests:
                numbers = list(names)
                values = request.get_values(numbers)
                for number, value in zip(numbers, values, strict=True):
                    found[names[number]] = self._happens(names[number], value == active)
        except OSError as error:
            raise _fault(error, "A GPIO input") from error
        return found

    def wait(self, timeout_s: float) -> Sequence[LineEdge]:
        poll = select.poll()
        by_fd = {request.fd: (request, names) for request, names in self._requests}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        edges: list[LineEdge] = []
        try:
            for fd, _ in poll.poll(timeout_s * 1000):
                request, names = by_fd[fd]
                edges += [self._edge(event, names) for event in request.read_edge_events()]
        except OSError as error:
            raise _fault(error, "A GPIO input") from error
        return sorted(edges, key=lambda edge: edge.at)

    def _edge(self, event: Any, names: Mapping[int, str]) -> LineEdge:
        name = names[event.line_offset]
        rising = event.event_type is event.Type.RISING_EDGE
        return LineEdge(name, self._happens(name, rising), event.timestamp_ns / 1e9)

    def _happens(self, name: str, closed: bool) -> bool:
        return happens(closed, self._inputs[name].wiring)

    def close(self) -> None:
        self._requests = []
        self._open.close()


class GpioRelay:
    """One output; see lines.OutputPort. It is `safe` from when it is taken until it is driven."""

    immediate = True

    def __init__(
        self,
        config: GpioOutput,
        *,
        safe: bool,
        gpiod: Any | None = None,
        devices: Path = DEVICES,
    ) -> None:
        """`safe`: whether the relay has power then; LineError."""
        self._gpiod = gpiod or gpiod_library()
        self.name = f"gpio {config.chip} {config.line}"
        line = self._gpiod.line
        path = chip_path(self._gpiod, config.chip, devices)
        try:
            with self._gpiod.Chip(str(path)) as chip:
                self._number = offset_of(chip, config.chip, config.line)
                settings = self._gpiod.LineSettings(
                    direction=line.Direction.OUTPUT,
                    active_low=config.active_low,
                    output_value=self._value(safe),
                )
                self._request = chip.request_lines({self._number: settings}, consumer=CONSUMER)
        except OSError as error:
            raise _fault(error, self.name) from error

    def _value(self, on: bool) -> Any:
        value = self._gpiod.line.Value
        return value.ACTIVE if on else value.INACTIVE

    def drive(self, on: bool, for_s: float | None) -> None:
        """`for_s` is left to the doorway: a line has no timer."""
        del for_s
        try:
            self._request.set_value(self._number, self._value(on))
        except OSError as error:
            raise _fault(error, self.name) from error
        if self.read() is not on:
            raise LineError(f"{self.name} does not take its level; look for a short circuit.")

    def read(self) -> bool | None:
        try:
            return bool(self._request.get_value(self._number) == self._value(True))
        except OSError as error:
            raise _fault(error, self.name) from error

    def close(self) -> None:
        self._request.release()


def line_fact(
    name: str,
    config: InputLineConfig | GpioOutput,
    gpiod: Any | None = None,
    devices: Path = DEVICES,
) -> LineFact:
    """What is known of a line that nobody here holds; a free input is read, an output never
    touched."""
    place = f"{config.chip} {config.line}"
    try:
        gpiod = gpiod or gpiod_library()
        path = chip_path(gpiod, config.chip, devices)
        with gpiod.Chip(str(path)) as chip:
            number = offset_of(chip, config.chip, config.line)
            info = chip.get_line_info(number)
            if info.used:
                return LineFact(name, place, None, info.consumer or "the kernel")
        if isinstance(config, GpioOutput):
            return LineFact(name, place, None, None)
        inputs = GpioInputs({name: config}, gpiod, devices)
        try:
            return LineFact(name, place, inputs.levels()[name], None)
        finally:
            inputs.close()
    except LineError as error:
        return LineFact(name, place, None, None, str(error))
    except OSError as error:
        return LineFact(name, place, None, None, str(_fault(error, place)))
