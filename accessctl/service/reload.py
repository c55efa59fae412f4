"""A changed configuration, taken over between two frames or refused whole.

It is asked for over the control socket or with SIGHUP; the kernel sends the same signal when
the terminal goes away, which stops the door instead.
"""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from accessctl.errors import AccessctlError, ConfigError, FaultError

# Less than a client of the control socket waits.
ANSWER_S = 8.0
TAKEN_OVER = (
    "camera.",
    "vision.",
    "liveness.",
    "policy.",
    "access.",
    "actions.",
    "audit.snapshots.",
    "audit.retention.",
    "gallery.max_stale_s",
)
# Of those, what is part of something that a running door holds open or has built on.
BUILT_ON = frozenset(
    {
        "vision.models",
        "vision.runtime",
        "vision.detection_confidence",
        "vision.track_timeout_s",
        "policy.lockout.file",
        "access.door",
        "actions.queue",
    }
)
Reload: TypeAlias = Callable[[], Mapping[str, Any]]

STANDARD_INPUT = 0


class Reloads:
    """Asked for from any thread or signal handler, done by the loop between two frames."""

    def __init__(self) -> None:
        # Its put() may interrupt itself: a signal handler can call it at any moment.
        self._asked: SimpleQueue[Future[Mapping[str, Any]]] = SimpleQueue()
        self._closed = False

    def ask(self) -> Future[Mapping[str, Any]]:
        answer: Future[Mapping[str, Any]] = Future()
        self._asked.put(answer)
        return answer

    def ask_and_wait(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """For the control socket: what was changed; raises why it was refused."""
        del fields
        answer = self.ask()
        if self._closed:
            self.close()
        try:
            return answer.result(ANSWER_S)
        except TimeoutError as error:
            answer.cancel()
            raise FaultError(
                "The door did not come to it in time; its log says whether it reloads."
            ) from error

    def turn(self, reload: Reload) -> None:
        """Call `reload` once when that was asked for since the last turn; a refusal by
        AccessctlError goes to those who asked."""
        # One whose client no longer waits is not done behind its back.
        waiting = [answer for answer in self._taken() if answer.set_running_or_notify_cancel()]
        if not waiting:
            return
        try:
            changed = reload()
        except AccessctlError as error:
            for answer in waiting:
                answer.set_exception(error)
        else:
            for answer in waiting:
                answer.set_result(changed)

    def close(self) -> None:
        """The loop has ended: whoever waits, or comes later, is told so."""
        self._closed = True
        for answer in self._taken():
            if answer.set_running_or_notify_cancel():
                answer.set_exception(FaultError("The door is stopping; nothing was reloaded."))

    def _taken(self) -> list[Future[Mapping[str, Any]]]:
        taken: list[Future[Mapping[str, Any]]] = []
        while True:
            try:
                taken.append(self._asked.get_nowait())
            except Empty:
                return taken


def refuse_what_needs_a_restart(changed: tuple[str, ...]) -> None:
    """Raises ConfigError; a section that nobody thought of here needs a restart too."""
    stuck = [n for n in changed if n in BUILT_ON or not n.startswith(TAKEN_OVER)]
    if stuck:
        raise ConfigError(
            f"A running door cannot change {', '.join(stuck)}; nothing was changed. Restart it "
            "(systemctl restart accessctl), or set that back and reload."
        )


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
