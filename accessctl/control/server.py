"""The control socket of a door, or of the hub: asked by programs on this machine, one request a
line.

A request is `{"command": NAME, ...}`, its reply `{"ok": true, ...}` or
`{"ok": false, "error": "sentence"}`. Only root and the user whom the asked program runs as are
answered. The socket's file is private, and one living program's alone; lines are bounded in length,
time and clients.
"""

import asyncio
import fcntl
import logging
import os
import socket
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeAlias

from accessctl.background import BackgroundThread
from accessctl.control.client import (
    DOOR,
    MAX_LINE,
    Listener,
    accepted,
    parse_request,
    refused,
)
from accessctl.errors import AccessctlError, ConfigError, FaultError, InputError

# What the kernel's `sun_path` holds, less the NUL at its end (unix(7)).
MAX_PATH = 107
BACKLOG = 16
RETRY_S = 1.0

# The request's fields without `command` in, the reply's fields without `ok` out.
Handler: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]
MAX_CLIENTS = 8
LINE_TIMEOUT_S = 5.0
CLOSE_S = 5.0
PEER = struct.Struct("3i")

log = logging.getLogger(__name__)


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
        listener: Listener = DOOR,
    ) -> None:
        """A client is dropped that takes longer than `line_timeout_s` to send or take a line."""
        self._path = path
        self._listener = listener
        self._handlers = dict(handlers)
        self._limits = Limits(MAX_LINE, line_timeout_s, max_clients)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Raises ConfigError or FaultError when there can be no socket at the path."""
        with ExitStack() as stack:
            server = stack.enter_context(listening(self._path, self._listener))
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
        whose = f"Only root and the {self._listener.what}'s own user may ask."
        return None if allowed(client) else refused(whose)

    def _answer(self, line: bytes) -> bytes:
        try:
            command, fields = parse_request(line)
            handler = self._handlers.get(command)
            if handler is None:
                known = ", ".join(sorted(self._handlers))
                raise InputError(
                    f"This {self._listener.what} does not know {command!r}; it knows {known}."
                )
            return accepted(handler(fields))
        except AccessctlError as error:
            return refused(str(error))
        except Exception:  # logged, and the client is told; a fault must not end the thread
            log.exception("A request on the control socket failed.")
            return refused(f"internal fault; the {self._listener.what}'s log says more.")


def allowed(client: socket.socket) -> bool:
    """Whether root or this process's own user is at the other end (unix(7), SO_PEERCRED)."""
    _, uid, _ = PEER.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return uid in {0, os.geteuid()}


def _run(loop: asyncio.AbstractEventLoop, serving: "asyncio.Task[None]") -> None:
    with closing(loop), suppress(asyncio.CancelledError):
        loop.run_until_complete(serving)


@contextmanager
def listening(path: Path, listener: Listener = DOOR) -> Iterator[socket.socket]:
    """A listening socket at `path`, mode 0600, removed at the end.

    A lock beside it says whether its owner lives: what a dead one left is replaced, a living
    one's is refused with FaultError. ConfigError for a path where no socket can be.
    """
    setting = listener.setting
    if len(os.fsencode(path)) > MAX_PATH:
        raise ConfigError(
            f"The path {path} is too long for a socket ({MAX_PATH} bytes at most); "
            f"set {setting} to a shorter one."
        )
    with ExitStack() as stack:
        try:
            _private_folder(path.parent, setting)
            lock = _lock(path.with_name(path.name + ".lock"))
            stack.callback(os.close, lock)
            _remove_stale(path, setting)
            server = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            # On Linux the file inherits this mode, so there is no moment at which others
            # could open it.
            os.fchmod(server.fileno(), 0o600)
            server.bind(os.fspath(path))
            stack.callback(path.unlink, missing_ok=True)
            server.listen(BACKLOG)
        except BlockingIOError as error:
            raise FaultError(
                f"Another {listener.what} is running on {path}; stop it, or set {setting} to "
                "another path."
            ) from error
        except OSError as error:
            raise FaultError(
                f"The control socket {path} cannot be made ({error.strerror or error}); "
                f"check {setting} and who may write there."
            ) from error
        yield server


def _private_folder(folder: Path, setting: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o022:
        raise ConfigError(
            f"Others may write in {folder}, so they could put a socket of theirs there; "
            f"set {setting} to a path in a private folder."
        )


def _lock(path: Path) -> int:
    """The descriptor that holds the lock; the kernel lets go of it when the process dies."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _remove_stale(path: Path, setting: str) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise ConfigError(f"{path} is not a socket; set {setting} to another path.")
    path.unlink()


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a line without its line feed, seconds to send or to take one, clients at once, and
    seconds until the next client is let in after one that could not be."""

    line_bytes: int
    line_timeout_s: float
    clients: int
    retry_s: float = RETRY_S


class LineServer:
    """`answer` gets each line without its line feed and gives the whole reply.

    `greet` sees each new client, and how many there are with it; what it gives is sent, and the
    client is dropped. Both run in the loop, so they must be quick.
    """

    def __init__(
        self,
        server: socket.socket,
        answer: Callable[[bytes], bytes],
        greet: Callable[[socket.socket, int], bytes | None],
        limits: Limits,
    ) -> None:
        server.setblocking(False)
        self._server = server
        self._answer = answer
        self._greet = greet
        self._limits = limits
        self._clients: dict[asyncio.Task[None], socket.socket] = {}

    async def run(self) -> None:
        """Until it is cancelled; then every connection is closed."""
        loop = asyncio.get_running_loop()
        try:
            self._listen(loop)
            await loop.create_future()
        finally:
            loop.remove_reader(self._server)
            clients = dict(self._clients)
            for task in clients:
                task.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
            # A task that was cancelled before it began has closed nothing.
            for client in clients.values():
                client.close()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        # Not loop.sock_accept: cancelled at the wrong moment, it forgets a connection.
        loop.add_reader(self._server, self._accept, loop)

    def _accept(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            client, _ = self._server.accept()
        except BlockingIOError:
            return
        except OSError as error:
            log.warning("A program could not connect: %s.", error.strerror)
            loop.remove_reader(self._server)
            loop.call_later(self._limits.retry_s, self._listen, loop)
            return
        client.setblocking(False)
        task = loop.create_task(self._serve(loop, client, len(self._clients) + 1))
        self._clients[task] = client
        task.add_done_callback(self._clients.pop)

    async def _serve(
        self, loop: asyncio.AbstractEventLoop, client: socket.socket, number: int
    ) -> None:
        with client:
            try:
                farewell = self._greet(client, number)
                if farewell is None:
                    await self._converse(loop, client)
                else:
                    await self._send(loop, client, farewell)
            except (OSError, TimeoutError):
                log.debug("A program left in the middle of a line.")

    async def _converse(self, loop: asyncio.AbstractEventLoop, client: socket.socket) -> None:
        """Until the client hangs up, or its line has no end."""
        read, ended = b"", True
        while ended:
            async with asyncio.timeout(self._limits.line_timeout_s):
                while b"\n" not in read and len(read) <= self._limits.line_bytes:
                    part = await loop.sock_recv(client, self._limits.line_bytes)
                    if not part:
                        return
                    read += part
            line, end, read = read.partition(b"\n")
            ended = bool(end)
            await self._send(loop, client, self._answer(line))

    async def _send(
        self, loop: asyncio.AbstractEventLoop, client: socket.socket, line: bytes
    ) -> None:
        async with asyncio.timeout(self._limits.line_timeout_s):
            await loop.sock_sendall(client, line)
