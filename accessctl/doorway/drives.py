"""What keeps a relay as the doorway wants it: driven at once where that costs nothing, otherwise by
a thread of its own that never makes the doorway wait.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

from accessctl.background import BackgroundThread, kept_up
from accessctl.doorway.lines import OutputPort
from accessctl.doorway.values import OutputReport
from accessctl.errors import LineError

CHECK_S = 10.0
"""How often a relay is asked whether it still is as it should."""
RETRY_S = 2.0
CLOSE_S = 6.0

Report: TypeAlias = Callable[[OutputReport], object]
Wish: TypeAlias = tuple[bool, float | None]
"""Whether it is to be on, and until which monotonic time; None: until told otherwise."""

log = logging.getLogger(__name__)


class OutputDrive(Protocol):
    def want(self, on: bool, until: float | None) -> None:
        """From now on it is to be so; reports whether it is, never raises."""

    def look(self, now: float) -> None:
        """Time passes: check what may have changed by itself."""

    def close(self, on: bool | None) -> None:
        """Leave it so, or with None as it is, and let go of it."""


class DirectDrive:
    """Of a relay that answers at once; belongs to the doorway's thread."""

    def __init__(self, name: str, port: OutputPort, report: Report) -> None:
        self._name = name
        self._port = port
        self._report = report
        self._wanted: bool | None = None
        self._checked = float("-inf")

    def want(self, on: bool, until: float | None) -> None:
        del until
        if on is not self._wanted:
            self._wanted = on
            self._drive(on)

    def look(self, now: float) -> None:
        if self._wanted is None or now - self._checked < RETRY_S:
            return
        self._checked = now
        try:
            astray = self._port.read() is not self._wanted
        except LineError:
            astray = True
        if astray:
            self._report(astray_report(self._name, self._port))
            self._drive(self._wanted)

    def close(self, on: bool | None) -> None:
        if on is not None:
            self._drive(on)
        self._port.close()

    def _drive(self, on: bool) -> None:
        self._report(attempt(self._name, self._port, on, None))


def astray_report(name: str, port: OutputPort) -> OutputReport:
    return OutputReport(
        name,
        False,
        f"{port.name} was not as it was left; somebody else may switch it, or it sticks.",
    )


def attempt(name: str, port: OutputPort, on: bool, for_s: float | None) -> OutputReport:
    """Switch it once; what came of it."""
    try:
        port.drive(on, for_s)
    except LineError as error:
        log.info("The output %s failed: %s", name, error)
        return OutputReport(name, False, str(error))
    return OutputReport(name, True, f"{port.name} is {'on' if on else 'off'}.")


class BesideDrive:
    """Of a relay that takes its time, such as one in the network: the newest wish counts."""

    def __init__(
        self,
        name: str,
        port: OutputPort,
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        *,
        check_s: float = CHECK_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._name = name
        self._port = port
        self._report = report
        self._clock = clock
        self._check_s = check_s
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._wish: Wish | None = None
        self._done: Wish | None = None
        self._over = False
        self._last: bool | None = None
        self._next_s = check_s
        self._thread = BackgroundThread(
            self._work, name=f"output {name}", stop=self._stop, patience_s=CLOSE_S
        )
        self._thread.__enter__()

    def want(self, on: bool, until: float | None) -> None:
        with self._changed:
            if self._wish != (on, until):
                self._wish = (on, until)
                self._changed.notify_all()

    def look(self, now: float) -> None:
        """Its own thread does."""

    def close(self, on: bool | None) -> None:
        with self._changed:
            self._last = on
        self._thread.__exit__()
        self._port.close()

    def _stop(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _work(self) -> None:
        trouble = f"The output {self._name} failed."
        kept_up(self._turn, trouble, lambda _: self._pause_after_failure(), self._retry_s)
        if self._last is not None:
            self._report(attempt(self._name, self._port, self._last, None))

    def _turn(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._wish != self._done, self._next_s)
            if self._over:
                return False
            wish = self._wish
        self._next_s = self._check_s if self._fulfil(wish) else self._pause_after_failure()
        return True

    def _pause_after_failure(self) -> float:
        """Wait before it is tried again, unless another wish comes; the loop waits no more."""
        with self._changed:
            wish = self._wish
            self._changed.wait_for(lambda: self._over or self._wish != wish, self._retry_s)
        return 0.0

    def _fulfil(self, wish: Wish | None) -> bool:
        if wish is None:
            return True
        on, until = wish
        left = None if until is None else until - self._clock()
        if left is not None and not left > 0.0:
            # Too late: nobody is there any more, and what comes next is the opposite.
            self._done = wish
            return True
        if wish == self._done:
            if left is not None or self._is(on):
                return True
            self._report(astray_report(self._name, self._port))
        report = attempt(self._name, self._port, on, left)
        self._done = wish if report.ok else None
        self._report(report)
        return report.ok

    def _is(self, on: bool) -> bool:
        try:
            return self._port.read() is on
        except LineError:
            return False


def drive_for(name: str, port: OutputPort, report: Report) -> OutputDrive:
    return (DirectDrive if port.immediate else BesideDrive)(name, port, report)
