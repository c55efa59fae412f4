"""The door's control socket: asked by programs on this machine, one request a line.

A request is `{"command": NAME, ...}`, its reply `{"ok": true, ...}` or
`{"ok": false, "error": "sentence"}`. Only root and the door's own user are answered.
"""

import asyncio
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from accessctl.errors import AccessctlError, InputError
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
        self._line_timeout_s = line_timeout_s
        self._max_clients = max_clients
        self._clients = 0
        self._open = ExitStack()

    def __enter__(self) -> "ControlServer":
        """Raises ConfigError or FaultError when there can be no socket at the path."""
        with ExitStack() as stack:
            server = stack.enter_context(listening(self._path))
            loop, stop = asyncio.new_event_loop(), asyncio.Event()
            thread = threading.Thread(
                target=_run, args=(loop, self._serve(server, stop)), name="control-socket"
            )
            thread.daemon = True
            thread.start()
            stack.callback(thread.join, CLOSE_S)
            stack.callback(loop.call_soon_threadsafe, stop.set)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    async def _serve(self, sock: socket.socket, stop: asyncio.Event) -> None:
        server = await asyncio.start_unix_server(self._client, sock=sock.dup(), limit=MAX_LINE)
        try:
            await stop.wait()
        finally:
            server.close()
            clients = asyncio.all_tasks() - {asyncio.current_task()}
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
            # Closed connections let go of their sockets in the loop's next round.
            await asyncio.sleep(0)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            if self._clients > self._max_clients:
                await self._send(writer, refused("Too many programs ask at once; try again."))
            elif not allowed(writer.get_extra_info("socket")):
                await self._send(writer, refused("Only root and the door's own user may ask."))
            else:
                await self._converse(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            log.debug("A program left the control socket in the middle of a line.")
        finally:
            self._clients -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(self._line_timeout_s):
                    line = await reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                await self._send(writer, refused(f"A request is at most {MAX_LINE} bytes long."))
                return
            await self._send(writer, self._answer(line))

    async def _send(self, writer: asyncio.StreamWriter, line: bytes) -> None:
        writer.write(line)
        async with asyncio.timeout(self._line_timeout_s):
            await writer.drain()

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


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    with closing(loop):
        loop.run_until_complete(work)


def allowed(client: socket.socket) -> bool:
    """Whether root or this process's own user is at the other end (unix(7), SO_PEERCRED)."""
    _, uid, _ = PEER.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return uid in {0, os.geteuid()}
