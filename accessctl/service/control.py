"""The door's control socket: asked by programs on this machine, one request a line.

A request is `{"command": NAME, ...}`, its reply `{"ok": true, ...}` or
`{"ok": false, "error": "sentence"}`. Only root and the door's own user are answered.
"""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeAlias

from accessctl.background import BackgroundThread
from accessctl.errors import AccessctlError, InputError
from accessctl.service.line_server import Limits, LineServer
from accessctl.service.message import MAX_LINE, accepted, parse_request, refused
from accessctl.service.socket_file import listening

log = logging.getLogger(__name__)

# The request's fields without `command` in, the reply's fields without `ok` out.
Handler: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]

MAX_CLIENTS = 8
LINE_TIMEOUT_S = 5.0
CLOSE_S = 5.0
PEER = struct.Struct("3i")


class ControlServer:
    """Answers in a thread of its own from `with` to its end; handlers run there one at a time.

    A handler must be quick and thread-safe. Its AccessctlError is the refusal's sentence; any
    other exception is logged, and the client hears of an internal fault only.
    """

    def __init__(
        self,
        path: Path,
        handlers: Mapping[str, Handler],
        *,
        line_timeout_s: float = LINE_TIMEOUT_S,
        max_clients: int = MAX_CLIENTS,
    ) -> None:
        """A client is dropped that takes longer than `line_timeout_s` to send or take a line."""
        self._path = path
        self._handlers = dict(handlers)
        self._limits = Limits(MAX_LINE, line_timeout_s, max_clients)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Raises ConfigError or FaultError when there can be no socket at the path."""
        with ExitStack() as stack:
            server = stack.enter_context(listening(self._path))
            lines = LineServer(server, self._answer, self._greet, self._limits)
            loop = asyncio.new_event_loop()
            serving = loop.create_task(lines.run())
            thread = BackgroundThread(
                partial(_run, loop, serving),
                name="control-socket",
                stop=lambda: loop.call_soon_threadsafe(serving.cancel),
                patience_s=CLOSE_S,
            )
            stack.enter_context(thread)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _greet(self, client: socket.socket, number: int) -> bytes | None:
        if number > self._limits.clients:
            return refused("Too many programs ask at once; try again.")
        return None if allowed(client) else refused("Only root and the door's own user may ask.")

    def _answer(self, line: bytes) -> bytes:
        try:
            command, fields = parse_request(line)
            handler = self._handlers.get(command)
            if handler is None:
                known = ", ".join(sorted(self._handlers))
                raise InputError(f"This door does not know {command!r}; it knows {known}.")
            return accepted(handler(fields))
        except AccessctlError as error:
            return refused(str(error))
        except Exception:  # logged, and the client is told; a fault must not end the thread
            log.exception("A request on the control socket failed.")
            return refused("internal fault; the door's log says more.")


def _run(loop: asyncio.AbstractEventLoop, serving: "asyncio.Task[None]") -> None:
    with closing(loop), suppress(asyncio.CancelledError):
        loop.run_until_complete(serving)


def allowed(client: socket.socket) -> bool:
    """Whether root or this process's own user is at the other end (unix(7), SO_PEERCRED)."""
    _, uid, _ = PEER.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return uid in {0, os.geteuid()}
