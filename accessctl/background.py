"""A thread beside the caller's, begun and ended with a `with` block.

Whatever a thread does for as long as the program runs, it does in `kept_up`, or as
`sync.repeating.RepeatingThread` does: no fault may end it unseen.
"""

import logging
import threading
from collections.abc import Callable
from typing import Self

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
