"""Parts of the rig of the console's tests."""

import asyncio
from collections.abc import Iterable

import httpx
from starlette.types import ASGIApp

from accessctl.console.app import Console, console_application
from accessctl.console.capabilities import Capability, Operator
from accessctl.hub.tables import OPERATOR

START = 1_700_000_000.0
ORIGIN = "https://localhost"


class HandClock:
    """Epoch time that stands still until it is moved on."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


class InProcess(httpx.BaseTransport):
    """Asks an application directly, each request in an event loop of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            answer = await self._transport.handle_async_request(request)
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=await answer.aread()
            )

        request.read()
        return asyncio.run(ask())


def client_of(console: Console) -> httpx.Client:
    """A client that behaves as a browser on a page of the console: it says where it comes from."""
    transport = InProcess(console_application(console))
    return httpx.Client(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})


def operator_with(console: Console, capabilities: Iterable[Capability], name: str) -> Operator:
    """An operator who is there, with nothing to sign in with."""
    operator = Operator(console.random_bytes(16).hex(), name, frozenset(capabilities))
    with console.hub.database.writing() as db:
        db.execute(
            OPERATOR.insert().values(
                id=operator.id,
                name=name,
                capabilities=",".join(sorted(operator.capabilities)),
                invited=console.now(),
            )
        )
    return operator
