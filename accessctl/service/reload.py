"""A changed configuration, taken over between two frames or refused whole."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from accessctl.config import Config, explain
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


def changes(old: Config, new: Config) -> tuple[str, ...]:
    """Dotted names of the settings that differ."""
    before = {name: value for name, value, _ in explain(old)}
    return tuple(name for name, value, _ in explain(new) if before.get(name) != value)


def refuse_what_needs_a_restart(changed: tuple[str, ...]) -> None:
    """Raises ConfigError; a section that nobody thought of here needs a restart too."""
    stuck = [n for n in changed if n in BUILT_ON or not n.startswith(TAKEN_OVER)]
    if stuck:
        raise ConfigError(
            f"A running door cannot change {', '.join(stuck)}; nothing was changed. Restart it "
            "(systemctl restart accessctl), or set that back and reload."
        )


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
