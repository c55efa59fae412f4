"""A thread beside the caller's, begun and ended with a `with` block.

Whatever a thread does for as long as the program runs, it does in `RepeatingThread` or `kept_up`:
no fault may end it unseen.
"""

import logging
import threading
from collections.abc import Callable
from typing import Self

from accessctl.errors import AccessctlError

RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
CLOSE_S = 5.0

log = logging.getLogger(__name__)


class BackgroundThread:
    """Runs `work` once in a daemon thread, from `with` to its end.

    At the end `stop` is called, which has to make `work` return soon, and the thread is waited
    for `patience_s` seconds: one that hangs is left behind and ends with the process.
    """

    def __init__(
        self,
        work: Callable[[], object],
        *,
        name: str,
        stop: Callable[[], object],
        patience_s: float,
    ) -> None:
        self._thread = threading.Thread(target=work, name=name, daemon=True)
        self._stop = stop
        self._patience_s = patience_s

    @property
    def alive(self) -> bool:
        """True while `work` runs."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._thread.join(self._patience_s)

    def wait(self, timeout_s: float) -> bool:
        """Wait until `work` has returned by itself; False when it runs on after `timeout_s`."""
        self._thread.join(timeout_s)
        return not self.alive


class RepeatingThread(BackgroundThread):
    """Calls `work_once` again and again; after an error later and later, which is logged once."""

    def __init__(
        self,
        name: str,
        trouble: str,
        over: str,
        *,
        retry_s: float = RETRY_S,
        longest_retry_s: float = LONGEST_RETRY_S,
    ) -> None:
        """`trouble` and `over` are what is logged when it begins to fail and works again."""
        self._trouble, self._over = trouble, over
        self._retry_s, self._longest_retry_s = retry_s, longest_retry_s
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
        wait_s = self._retry_s
        while not self.closing.is_set():
            self.woken.clear()
            try:
                pause_s = self.work_once()
            except AccessctlError as error:
                self._failed(str(error))
                pause_s, wait_s = wait_s, min(2 * wait_s, self._longest_retry_s)
            except Exception:  # logged: nothing may end what has to go on
                log.exception("%s", self._trouble)
                self._failed("internal fault")
                pause_s, wait_s = wait_s, min(2 * wait_s, self._longest_retry_s)
            else:
                if self.told:
                    log.info("%s", self._over)
                self.told, wait_s = "", self._retry_s
            if pause_s > 0 and not self.closing.is_set():
                self.woken.wait(pause_s)
        self.disconnect()

    def _failed(self, why: str) -> None:
        try:
            self.disconnect()
        except Exception:  # logged: what does not close is no reason to end, either
            log.exception("%s", self._trouble)
        if why != self.told:
            log.error("%s %s", self._trouble, why)
        self.told = why


def kept_up(
    turn: Callable[[], bool], trouble: str, pause: Callable[[float], object], retry_s: float
) -> None:
    """Call `turn` until it says False; after a fault, which is logged as `trouble`, once more, when
    `pause` has waited for `retry_s`."""
    goes_on = True
    while goes_on:
        try:
            goes_on = turn()
        except Exception:  # logged: nothing may end what has to go on
            log.exception("%s", trouble)
            pause(retry_s)
