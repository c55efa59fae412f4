"""Who comes in, while others say nothing, stop half-way, or have left."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest

from accessctl.hub.assembly import Hub
from accessctl.hub.handshakes import Entrance
from accessctl.sync.identity import pinned
from accessctl.sync.wire import HUB_NAME
from tests.hub.conftest import serving
from tests.patience import PATIENCE_S

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


class Greeting(asyncio.Protocol):
    """Says one word to whoever is in."""

    def connection_made(self, transport: Any) -> None:
        transport.write(b"in")


def within(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await work()

    asyncio.run(bounded())


@asynccontextmanager
async def entrance(
    hub: Hub, at_once: int, slot_s: float = PATIENCE_S
) -> AsyncIterator[tuple[Entrance, tuple[str, int]]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tls = hub.authority.server_context(())
        made = Entrance(listener, Greeting, tls, at_once, slot_s, at_once)
        try:
            yield made, listener.getsockname()
        finally:
            await made.close()


async def word_for(hub: Hub, place: tuple[str, int]) -> bytes:
    reader, writer = await asyncio.open_connection(
        *place, ssl=pinned(hub.authority.pem), server_hostname=HUB_NAME
    )
    try:
        return await reader.readexactly(2)
    finally:
        writer.transport.abort()


@EMBEDDED
def test_all_of_many_come_in_though_few_are_worked_on_at_once(hub: Hub) -> None:
    async def many() -> None:
        async with entrance(hub, 2) as (_, place):
            words = await asyncio.gather(*(word_for(hub, place) for _ in range(20)))
        assert words == [b"in"] * 20

    within(many)


@EMBEDDED
def test_whoever_says_nothing_takes_nobodys_place(hub: Hub) -> None:
    async def beside_the_silent() -> None:
        async with entrance(hub, 1) as (made, place):
            with ExitStack() as stack:
                for _ in range(5):
                    stack.enter_context(socket.create_connection(place))
                assert await word_for(hub, place) == b"in"
                assert made.places.taken == 0

    within(beside_the_silent)


@EMBEDDED
def test_whoever_does_not_go_on_takes_a_place_for_a_moment_only(hub: Hub) -> None:
    async def beside_one_who_stops() -> None:
        async with entrance(hub, 1, slot_s=0.05) as (made, place):
            with socket.create_connection(place) as stopping:
                stopping.sendall(b"\x16\x03\x01\x02\x00\x01")
                while not made.places.taken:
                    await asyncio.sleep(0)
                assert await word_for(hub, place) == b"in"

    within(beside_one_who_stops)


@EMBEDDED
def test_nobody_is_worked_on_who_has_left_meanwhile(hub: Hub) -> None:
    async def after_one_who_left() -> None:
        async with entrance(hub, 1) as (made, place):
            turn = await made.places.take("elsewhere")
            left = socket.create_connection(place)
            left.close()
            while not made._coming:
                await asyncio.sleep(0)
            turn.leave()
            while made._coming:
                await asyncio.sleep(0)
            assert made.places.taken == 0
            assert await word_for(hub, place) == b"in"

    within(after_one_who_left)


@EMBEDDED
def test_noise_ends_nothing(hub: Hub) -> None:
    async def after_noise() -> None:
        async with entrance(hub, 1) as (_, place):
            with socket.create_connection(place) as noisy:
                noisy.sendall(b"GET / HTTP/1.0\r\n\r\n" * 50)
                assert await word_for(hub, place) == b"in"

    within(after_noise)


@EMBEDDED
def test_the_hub_lets_in_by_it(hub: Hub) -> None:
    with serving(hub) as url:
        place = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(place), socket.create_connection(place) as plain:
            context = pinned(hub.authority.pem)
            with context.wrap_socket(plain, server_hostname=HUB_NAME) as secure:
                assert isinstance(secure, ssl.SSLSocket)
                secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert secure.recv(100).startswith(b"HTTP/1.1 200")
