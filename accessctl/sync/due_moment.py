"""When a door has to ask its hub next: moved by several threads, none of which may put off what
another one wants at once."""

import threading
from collections.abc import Callable

AT_ONCE = float("-inf")


class DueMoment:
    """At once in the beginning; any thread may ask and move it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._at = AT_ONCE

    def is_due(self) -> bool:
        return self._monotonic() >= self._at

    def at_once(self) -> None:
        with self._lock:
            self._at = AT_ONCE

    def begin(self, after_s: float) -> None:
        """What was due is being done: `after_s` seconds from now, unless somebody says otherwise
        from here on."""
        at = self._monotonic() + after_s
        with self._lock:
            self._at = at

    def put_off(self, after_s: float) -> None:
        """Not before `after_s` seconds from now, unless it is due."""
        now = self._monotonic()
        with self._lock:
            if now < self._at:
                self._at = now + after_s
