"""SIGHUP: the owner asks for the configuration to be read again, or the terminal went away."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STANDARD_INPUT = 0


@contextmanager
def on_hangup(
    reload: Callable[[], object], stop: Callable[[], object], terminal: int = STANDARD_INPUT
) -> Iterator[None]:
    """While the block runs, SIGHUP calls `reload`; from the main thread only.

    The kernel sends the same signal when the terminal is closed in which the door was started
    (`terminal` is its descriptor): then `stop` is called, or it would go on unseen.
    """
    had_terminal = os.isatty(terminal)

    def handle(_signum: int, _frame: object) -> None:
        hung_up = had_terminal and not os.isatty(terminal)
        (stop if hung_up else reload)()

    before = signal.signal(signal.SIGHUP, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
