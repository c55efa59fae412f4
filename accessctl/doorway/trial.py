"""An installer tries each line of a doorway, one by one; the lines are let go of at the end."""

from collections.abc import Callable
from types import MappingProxyType

from accessctl.domain import DoorwayWord
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.lines import ALARM, CONTACT, EXIT, FIRE, LOCK, TAMPER, OutputPort
from accessctl.doorway.values import DoorwayRecord
from accessctl.errors import FaultError, LineError

WAIT_S = 0.5

# What to do at the door, and what to undo, for each input.
DEEDS = MappingProxyType(
    {
        CONTACT: ("Open the door.", "Shut the door."),
        EXIT: ("Press the exit button, and keep it pressed.", "Let it go."),
        FIRE: ("Have the fire alarm's contact work.", "Set it back."),
        TAMPER: ("Open the housing.", "Close it."),
    }
)
QUESTIONS = MappingProxyType(
    {LOCK: "Is the door unlocked now?", ALARM: "Is the siren or the lamp on now?"}
)


class LineTrial:
    """`say` shows a line, `read` asks a question and returns the answer."""

    def __init__(
        self,
        parts: DoorwayParts,
        operator: str,
        say: Callable[[str], object],
        read: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._parts = parts
        self._operator = operator
        self._say = say
        self._read = read
        self._clock = clock

    def run(self, seconds: float, unlock_s: float) -> bool:
        """Whether each input was seen to work within `seconds`, and each output was said to."""
        results: dict[str, bool] = {}
        try:
            for name in () if self._parts.inputs is None else self._parts.inputs.names:
                results[name] = self._try_input(name, seconds)
            for name, port in self._parts.outputs.items():
                results[name] = self._try_output(name, port, unlock_s)
        finally:
            self._let_go()
        for name, worked in results.items():
            self._say(f"{name}: {'works' if worked else 'DOES NOT WORK'}")
        return all(results.values())

    def _try_input(self, name: str, seconds: float) -> bool:
        do, undo = DEEDS[name]
        if self._level(name):
            self._say(f"{name}: it is active already. {undo}")
            if not self._wait_for(name, False, seconds):
                self._say(f"{name}: it stays active; look at `wiring` and `active_low`.")
                return False
        self._say(f"{name}: {do}")
        if not self._wait_for(name, True, seconds):
            self._say(f"{name}: nothing was seen in {seconds:g} s; look at the wires and the line.")
            return False
        self._say(f"{name}: seen. {undo}")
        return self._wait_for(name, False, seconds)

    def _level(self, name: str) -> bool:
        port = self._parts.inputs
        return port is not None and port.levels()[name]

    def _wait_for(self, name: str, active: bool, seconds: float) -> bool:
        """By its edges, and by its level where nothing comes: an edge may have been missed."""
        port, until = self._parts.inputs, self._clock() + seconds
        while port is not None and self._level(name) is not active:
            if not self._clock() < until:
                return False
            port.wait(WAIT_S)
        return True

    def _try_output(self, name: str, port: OutputPort, unlock_s: float) -> bool:
        """FaultError where what opens the lock cannot be written down first."""
        active = not self._parts.maglock if name == LOCK else True
        told = DoorwayRecord(
            DoorwayWord.TESTED, {"output": name, "operator": self._operator, "for_s": unlock_s}
        )
        if not self._parts.record(told, self._parts.wall_clock()):
            raise FaultError("The event log cannot be written, so nothing is unlocked; make room.")
        try:
            port.drive(active, unlock_s)
            answer = self._read(f"{name}: {QUESTIONS[name]} [y/N] ")
            port.drive(not active, None)
        except LineError as error:
            self._say(f"{name}: {error}")
            return False
        return answer.strip().lower() in {"y", "yes"}

    def _let_go(self) -> None:
        for name, port in self._parts.outputs.items():
            try:
                port.drive(self._parts.maglock if name == LOCK else False, None)
            except LineError as error:
                self._say(f"{name}: it could not be left locked: {error}")
            port.close()
        if self._parts.inputs is not None:
            self._parts.inputs.close()
        self._parts.arbiter.close()
