"""Lines in, lines out, over a listening socket: bounded in length, time and clients."""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a line without its line feed, seconds to send or to take one, clients at once."""

    line_bytes: int
    line_timeout_s: float
    clients: int


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
            loop.call_later(RETRY_S, self._listen, loop)
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
