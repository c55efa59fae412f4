"""How connections come in: so many TLS handshakes at a time, in the order in which they were begun.

A thousand doors that come back at once take longer than each of them waits. Worked on all at the
same time, none would be ready before nearly all are, and all would give up, and come again; one
after the other, those in front get in, and whoever gave up meanwhile costs nothing. Whoever says
nothing, or does not go on, takes nobody's place for long, and one address has a part of the places.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable

from accessctl.hub.places import Places, origin_of

AT_ONCE, OF_ONE = 32, 12
"""Handshakes that are worked on, and of them those of one address, behind which may be many
doors."""
SLOT_S = 0.25
"""So long a handshake counts as one that is worked on: whoever takes longer goes on beside the
others, so that those who begin one and do not end it keep nobody out."""
HANDSHAKE_S = 60.0
NO_MORE_FILES_S = 1.0

log = logging.getLogger(__name__)


class Entrance:
    """Accepts connections at `listener` until it is closed; in a running event loop."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext,
        at_once: int = AT_ONCE,
        slot_s: float = SLOT_S,
        of_one: int = OF_ONE,
    ) -> None:
        """`protocol` makes what a connection is handed to once it is in."""
        listener.setblocking(False)
        self._listener = listener
        self._protocol = protocol
        self._tls = tls
        self.places = Places(at_once, of_one)
        self._slot_s = slot_s
        self._is_closing = False
        self._coming: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Nobody comes in any more once this is done. Whoever is in stays, for the caller to end,
        as the listener does."""
        self._is_closing = True
        self._accepting.cancel()
        for task in self._coming:
            task.cancel()
        await asyncio.gather(self._accepting, *self._coming, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, address = await loop.sock_accept(self._listener)
            except OSError as error:
                # As where there are too many files: those that are open go on.
                log.error("Nobody can connect to the hub just now (%s).", error.strerror)
                await asyncio.sleep(NO_MORE_FILES_S)
                continue
            task = asyncio.create_task(self._let_in(peer, origin_of(address[0])))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _let_in(self, peer: socket.socket, origin: str) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await _said_something(peer)
            await self._shake_hands(peer, origin)
        except (OSError, TimeoutError):  # a stranger's fault, or a line's: they come again
            peer.close()
        except asyncio.CancelledError:
            peer.close()
            raise

    async def _shake_hands(self, peer: socket.socket, origin: str) -> None:
        turn = await self.places.take(origin)
        loop = asyncio.get_running_loop()
        late = loop.call_later(self._slot_s, turn.leave)
        try:
            if self._is_closing or _has_left(peer):
                peer.close()
                return
            await loop.connect_accepted_socket(
                self._protocol, peer, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_S
            )
        finally:
            late.cancel()
            turn.leave()


async def _said_something(peer: socket.socket) -> None:
    """Until there is something to read, be it that they have left."""
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_reader(peer, heard.set)
    try:
        await heard.wait()
    finally:
        loop.remove_reader(peer)


def _has_left(peer: socket.socket) -> bool:
    try:
        return not peer.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
