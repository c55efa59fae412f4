"""What a door does once a day, in a thread beside its loop."""

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

from accessctl.background import BackgroundThread
from accessctl.errors import AccessctlError

log = logging.getLogger(__name__)

DAY_S = 86400.0
# Between two bites of the work, so that the loop gets its turn.
REST_S = 0.01
CLOSE_S = 5.0

Pause: TypeAlias = Callable[[], None]


class _ClosingError(Exception):
    """The door stops: leave the work where it is."""


class Upkeep(BackgroundThread):
    """Calls `work` at once and then every `every_s` seconds, from `with` to its end.

    `work` is given what to call between two bites, and ends there when the door stops. Its
    AccessctlError is logged, and it is tried again the next time.
    """

    def __init__(self, work: Callable[[Pause], object], every_s: float = DAY_S) -> None:
        self._work = work
        self._every_s = every_s
        self._closing = threading.Event()
        super().__init__(self._run, name="upkeep", stop=self._closing.set, patience_s=CLOSE_S)

    def _run(self) -> None:
        while True:
            try:
                self._work(self._pause)
            except _ClosingError:
                return
            except AccessctlError as error:
                log.error("Old records were not removed: %s", error)
            if self._closing.wait(self._every_s):
                return

    def _pause(self) -> None:
        if self._closing.wait(REST_S):
            raise _ClosingError
