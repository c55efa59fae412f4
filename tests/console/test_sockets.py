import asyncio
import base64
import ssl
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accessctl.config import Config
from accessctl.console.app import Console
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.sessions import SignInWay, Visitor
from accessctl.console.sockets import admitted, while_admitted
from accessctl.console.wall import COOKIE
from accessctl.hub.assembly import open_hub
from tests.console.live_console import LiveConsole, serving
from tests.console.site_console import console_on, journal, operator_with
from tests.hub.made_tables import with_tables
from tests.patience import wait_for

EVERY_S = 0.05
COUNTED, COUNT_S = 8, 0.25
PATIENCE_S = 20


def ticking(_: Console) -> APIRouter:
    """A page module whose socket sends numbers to whoever may look."""
    routes = APIRouter()

    @routes.websocket("/ticks")
    async def ticks(websocket: WebSocket) -> None:
        operator = await admitted(websocket, Capability.LOOK)
        if operator is None:
            return
        await websocket.send_text(operator.name)
        await while_admitted(websocket, Capability.LOOK, EVERY_S)

    return routes


def talking(ended: list[bool]) -> Callable[[Console], APIRouter]:
    """A page module whose socket sends until nobody is there, and looks only then whether."""

    def module(_: Console) -> APIRouter:
        routes = APIRouter()

        @routes.websocket("/ticks")
        async def talk(websocket: WebSocket) -> None:
            operator = await admitted(websocket, Capability.LOOK)
            assert operator is not None
            is_there = True
            while is_there:
                try:
                    await websocket.send_text(operator.name)
                except WebSocketDisconnect:
                    is_there = False
                await asyncio.sleep(0)
            await while_admitted(websocket, Capability.LOOK, EVERY_S)
            ended.append(True)

        return routes

    return module


def counting(_: Console) -> APIRouter:
    """A page module whose socket counts to eight, four numbers a second."""
    routes = APIRouter()

    @routes.websocket("/ticks")
    async def count(websocket: WebSocket) -> None:
        await admitted(websocket, Capability.LOOK)
        for number in range(COUNTED):
            await asyncio.sleep(COUNT_S)
            await websocket.send_text(str(number))

    return routes


@pytest.fixture
def live(config: Config) -> Iterator[LiveConsole]:
    with open_hub(with_tables(config.hub), {}) as hub:
        console = console_on(hub, config)
        with serving(hub, console, config, [ticking]) as url:
            yield LiveConsole(console, url)


def token_for(console: Console, *capabilities: Capability) -> tuple[Operator, str]:
    operator = operator_with(console, capabilities, f"operator {time.monotonic_ns()}")
    with console.hub.database.writing() as db:
        visitor = Visitor("192.0.2.1", "tests")
        return operator, console.sessions.begin(db, operator, SignInWay.PASSKEY, visitor)


def trusting() -> ssl.SSLContext:
    """The certificate is compared elsewhere."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def opened(
    live: LiveConsole, token: str, origin: str | None, path: str = "/ticks"
) -> ClientConnection:
    url = live.url.replace("https", "wss") + path
    cookie = {"cookie": f"{COOKIE}={token}"}
    return connect(
        url,
        ssl=trusting(),
        origin=origin,  # type: ignore[arg-type]
        additional_headers=cookie,
        proxy=None,
        open_timeout=PATIENCE_S,
    )


def answer_to(live: LiveConsole, token: str, origin: str | None) -> int:
    """The status with which a socket is refused, asked for as a browser does. The library's client
    gives up on a refusal whose body comes after its head."""
    headers = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": base64.b64encode(bytes(16)).decode(),
        "cookie": f"{COOKIE}={token}",
        **({} if origin is None else {"origin": origin}),
    }
    with httpx.Client(verify=trusting(), timeout=PATIENCE_S) as client:
        return client.get(f"{live.url}/ticks", headers=headers).status_code


def test_whoever_may_look_is_admitted_until_the_session_ends(live: LiveConsole) -> None:
    operator, token = token_for(live.console, Capability.LOOK)
    with opened(live, token, live.url) as socket:
        assert socket.recv(PATIENCE_S) == operator.name
        live.console.sessions.end_all(operator)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


def test_a_capability_that_is_taken_away_closes_the_socket(live: LiveConsole) -> None:
    operator, token = token_for(live.console, Capability.LOOK)
    with opened(live, token, live.url) as socket:
        assert socket.recv(PATIENCE_S) == operator.name
        live.console.operators.change(None, operator.id, frozenset({Capability.SITE}))
        with pytest.raises(ConnectionClosed):
            socket.recv(PATIENCE_S)


def test_a_socket_on_which_the_browser_says_nothing_stays(config: Config) -> None:
    with open_hub(with_tables(config.hub), {}) as hub:
        console = console_on(hub, config)
        with serving(hub, console, config, [counting], keep_alive_s=1) as url:
            live = LiveConsole(console, url)
            _, token = token_for(console, Capability.LOOK)
            with opened(live, token, url) as socket:
                seen = [socket.recv(PATIENCE_S) for _ in range(COUNTED)]
    assert seen == [str(number) for number in range(COUNTED)]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_page_of_another_site_opens_no_socket(live: LiveConsole, origin: str | None) -> None:
    _, token = token_for(live.console, Capability.LOOK)
    assert answer_to(live, token, origin) == 403
    # The same request with the console's own origin is answered by a socket.
    assert answer_to(live, token, live.url) == 101


def test_whoever_is_not_signed_in_or_may_not_look_is_refused(live: LiveConsole) -> None:
    operator, token = token_for(live.console, Capability.SITE)
    for shown in (token, "", "ab" * 32):
        assert answer_to(live, shown, live.url) == 403
    kind, told = journal(live.console)[-1]
    assert (kind, told["operator"], told["needs"]) == ("refused", operator.name, "look")


def test_what_sends_may_find_first_that_the_browser_is_gone(config: Config) -> None:
    ended: list[bool] = []
    with open_hub(with_tables(config.hub), {}) as hub:
        console = console_on(hub, config)
        with serving(hub, console, config, [talking(ended)]) as url:
            live = LiveConsole(console, url)
            operator, token = token_for(console, Capability.LOOK)
            with opened(live, token, url) as socket:
                assert socket.recv(PATIENCE_S) == operator.name
            wait_for(lambda: ended, "the socket's end")
