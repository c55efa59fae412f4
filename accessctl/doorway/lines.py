"""The lines of a doorway, what each promises, and fakes for tests and for trying it out.

Inputs and outputs are logical: active means that it happens (the door is open, the button is
pressed), on means that the relay has power, whatever the wiring is.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from accessctl.errors import LineError

CONTACT, EXIT, FIRE, TAMPER = "contact", "exit", "fire", "tamper"
LOCK, ALARM = "lock", "alarm"


@dataclass(frozen=True, slots=True)
class LineEdge:
    """An input changed at the monotonic time `at`."""

    name: str
    active: bool
    at: float


@dataclass(frozen=True, slots=True)
class LineFact:
    """What can be said of a line without taking it: where it is, what holds it, its level.

    `level` is the logical one; None: it cannot be known, because somebody else holds the line or
    it is an output. `trouble` is a sentence, None: all is well.
    """

    name: str
    place: str
    level: bool | None
    holder: str | None
    trouble: str | None = None


class InputPort(Protocol):
    """Some inputs of one kind of hardware; used from one thread at a time."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def levels(self) -> Mapping[str, bool]:
        """Each input's level now; LineError when one cannot be read."""

    def wait(self, timeout_s: float) -> Sequence[LineEdge]:
        """What changed, in its order, as soon as something does; nothing after `timeout_s`.

        LineError when the inputs are gone; `open_again` may bring them back.
        """

    def open_again(self) -> None:
        """Take the lines anew; LineError while that cannot be done."""

    def close(self) -> None: ...


class OutputPort(Protocol):
    """One relay."""

    @property
    def name(self) -> str:
        """For people and logs, without secrets: "gpio pinctrl-rp1 GPIO17", "shelly 10.0.0.7"."""

    @property
    def immediate(self) -> bool:
        """Whether `drive` and `read` return at once; one that does not gets a thread."""

    def drive(self, on: bool, for_s: float | None) -> None:
        """Switch it, and where the hardware can, back after `for_s` seconds by itself.

        Returns once the relay was seen to be as it should; LineError, one sentence, when it did
        not answer, or is not.
        """

    def read(self) -> bool | None:
        """Whether it is on; None where it cannot say; LineError when it does not answer."""

    def close(self) -> None:
        """Let go of it, as it is."""


class FakeInputs:
    """Inputs that a test sets; `gone` makes them fail, as unplugged ones would."""

    def __init__(self, levels: Mapping[str, bool]) -> None:
        self._levels = dict(levels)
        self._edges: list[LineEdge] = []
        self._changed = threading.Condition()
        self.gone = False
        self.closed = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._levels)

    def set(self, name: str, active: bool, at: float) -> None:
        with self._changed:
            if self._levels[name] != active:
                self._levels[name] = active
                self._edges.append(LineEdge(name, active, at))
                self._changed.notify_all()

    def levels(self) -> Mapping[str, bool]:
        with self._changed:
            self._check()
            return dict(self._levels)

    def wait(self, timeout_s: float) -> Sequence[LineEdge]:
        with self._changed:
            self._check()
            self._changed.wait_for(lambda: bool(self._edges) or self.closed, timeout_s)
            edges, self._edges = self._edges, []
            return edges

    def open_again(self) -> None:
        self._check()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _check(self) -> None:
        if self.gone:
            raise LineError("The inputs are gone; plug them in again.")


class FakeOutput:
    """A relay that keeps what it was told; `fault` makes it refuse, `stuck` stay as it is."""

    def __init__(self, name: str = "fake", *, immediate: bool = True) -> None:
        self.name = name
        self.immediate = immediate
        self.on: bool | None = None
        self.told: list[tuple[bool, float | None]] = []
        self.fault: str | None = None
        self.stuck = False
        self.closed = False

    def drive(self, on: bool, for_s: float | None) -> None:
        if self.fault is not None:
            raise LineError(self.fault)
        self.told.append((on, for_s))
        if self.stuck and self.on is not on:
            raise LineError(f"{self.name} does not switch; look at the relay.")
        self.on = on

    def read(self) -> bool | None:
        if self.fault is not None:
            raise LineError(self.fault)
        return self.on

    def close(self) -> None:
        self.closed = True
