"""A thread beside the door that does the same again and again, and does not end by a fault.

After one it tries again later and later, at moments of its own: a thousand doors whose hub went
away must not come back as one, see policy.retrying. What goes wrong is logged once.
"""

import logging
import random
import threading
from collections.abc import Callable

from accessctl.background import BackgroundThread
from accessctl.errors import AccessctlError, HubBusyError
from accessctl.policy.retrying import pause_after

RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
BUSY_IS_TOLD = 4
"""So many times in a row a hub must have asked to wait before that is logged: what a thousand doors
tell it in the same moment takes it some seconds."""
CLOSE_S = 5.0

log = logging.getLogger(__name__)


class Pauses:
    """How long to wait after failures in a row; `draw` gives a number from 0 up to but not 1."""

    def __init__(
        self,
        first_s: float = RETRY_S,
        longest_s: float = LONGEST_RETRY_S,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._draw = draw
        self.failures = 0
        """In a row, up to now."""

    def after(self, error: Exception) -> float:
        """Seconds until the next try, after one more failure."""
        self.failures += 1
        asked_s = error.asked_s if isinstance(error, HubBusyError) else 0.0
        return pause_after(self.failures, self._first_s, self._longest_s, self._draw(), asked_s)

    def over(self) -> None:
        """It worked."""
        self.failures = 0


class RepeatingThread(BackgroundThread):
    """Calls `work_once` again and again; after an error later and later, which is logged once."""

    def __init__(self, name: str, trouble: str, over: str, *, pauses: Pauses | None = None) -> None:
        """`trouble` and `over` are what is logged when it begins to fail and works again."""
        self._trouble, self._over = trouble, over
        self._pauses = pauses or Pauses()
        self.closing = threading.Event()
        self.woken = threading.Event()
        super().__init__(self._run, name=name, stop=self._stop, patience_s=CLOSE_S)
        self.told = ""

    def work_once(self) -> float:
        """One turn; the seconds until the next one, unless it is woken before. AccessctlError."""
        raise NotImplementedError

    def disconnect(self) -> None:
        """Begin anew the next time."""

    def wake(self) -> None:
        self.woken.set()

    def _stop(self) -> None:
        self.closing.set()
        self.woken.set()

    def _run(self) -> None:
        while not self.closing.is_set():
            self.woken.clear()
            try:
                pause_s = self.work_once()
            except HubBusyError as error:
                # The line is good: another one would cost the hub more than the answer.
                pause_s = self._pauses.after(error)
                if self._pauses.failures >= BUSY_IS_TOLD:
                    self._tell(str(error))
            except AccessctlError as error:
                self._failed(str(error))
                pause_s = self._pauses.after(error)
            except Exception as error:  # logged: nothing may end what has to go on
                log.exception("%s", self._trouble)
                self._failed("internal fault")
                pause_s = self._pauses.after(error)
            else:
                if self.told:
                    log.info("%s", self._over)
                self.told = ""
                self._pauses.over()
            if pause_s > 0 and not self.closing.is_set():
                self.woken.wait(pause_s)
        self.disconnect()

    def _failed(self, why: str) -> None:
        try:
            self.disconnect()
        except Exception:  # logged: what does not close is no reason to end, either
            log.exception("%s", self._trouble)
        self._tell(why)

    def _tell(self, why: str) -> None:
        if why != self.told:
            log.error("%s %s", self._trouble, why)
        self.told = why
