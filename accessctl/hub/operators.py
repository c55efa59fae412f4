"""The hub's control socket, for whoever administers it on its own machine: `accessctl hub unlock`
and its like run in another process than the hub that the doors wait at.

A command takes up to fifteen seconds, and the socket answers one request at a time: so it is begun
by one request, and asked for by others.
"""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from accessctl.control.client import HUB
from accessctl.control.server import ControlServer
from accessctl.errors import InputError
from accessctl.hub.assembly import Hub
from accessctl.hub.commands import TOO_MANY, CommandOutcome, Commands
from accessctl.sync.feed_wire import CommandKind

SOCKET = "hub.sock"
MOST_AT_ONCE = 8
MOST_KEPT = 64
PENDING = "pending"


class OperatorSocket:
    """Answers `command` and `outcome`, see their methods; `close` waits for nothing."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="operator")
        self._lock = threading.Lock()
        self._begun: dict[int, Future[CommandOutcome]] = {}
        self._numbers = 0

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Begin what `door`, `do` (a CommandKind), `value` and `operator` say; its `number`."""
        door, do, value, operator = (
            _text(request, field) for field in ("door", "do", "value", "operator")
        )
        try:
            kind = CommandKind(do)
        except ValueError as error:
            raise InputError(f"No command is called {do!a}.") from error
        with self._lock:
            self._forget_done()
            if len(self._begun) >= MOST_KEPT:
                raise InputError(TOO_MANY)
            self._numbers += 1
            sent = self._pool.submit(self._commands.send, door, kind, value, operator)
            self._begun[self._numbers] = sent
            return {"number": self._numbers}

    def outcome(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """What became of the `number`: `state` and `sentence`, once; a refusal is an InputError."""
        with self._lock:
            number = request.get("number")
            sent = self._begun.get(number) if isinstance(number, int) else None
            if sent is None:
                raise InputError("No command has that number.")
            if not sent.done():
                return {"state": PENDING, "sentence": ""}
            del self._begun[int(str(number))]
        outcome = sent.result()
        return {"state": outcome.state.value, "sentence": outcome.sentence}

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget_done(self) -> None:
        """Nobody asks for the oldest ones any more."""
        done = [number for number, sent in self._begun.items() if sent.done()]
        for number in done[: max(0, len(self._begun) + 1 - MOST_KEPT)]:
            del self._begun[number]


@contextmanager
def operator_socket(hub: Hub) -> Iterator[None]:
    """The socket in the hub's folder; FaultError where another hub runs there, ConfigError for a
    folder whose name is too long."""
    desk = OperatorSocket(hub.commands)
    handlers = {"command": desk.command, "outcome": desk.outcome}
    try:
        with ControlServer(hub.config.folder / SOCKET, handlers, listener=HUB):
            yield
    finally:
        desk.close()


def _text(request: Mapping[str, Any], field: str) -> str:
    value = request.get(field, "")
    if not isinstance(value, str):
        raise InputError(f"The field {field!r} is a text.")
    return value
