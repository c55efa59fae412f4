"""A hub with its console: as an application for httpx, and on a port for a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from accessctl.config import Config, HubConfig
from accessctl.console.app import Console, open_console
from accessctl.console.capabilities import ALL, Capability
from accessctl.console.sessions import SignInWay, Visitor
from accessctl.console.wall import COOKIE
from accessctl.hub.assembly import Hub, open_hub
from tests.console.site_console import HandClock, client_of, operator_with


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(hub=HubConfig(folder=tmp_path / "hub", host="127.0.0.1"))


@pytest.fixture
def hub(config: Config, clock: HandClock) -> Iterator[Hub]:
    with open_hub(config.hub, {}, now=clock) as opened:
        yield opened


@pytest.fixture
def console(hub: Hub, config: Config, clock: HandClock) -> Console:
    return open_console(hub, config, now=clock)


@pytest.fixture
def signed_in(console: Console) -> Iterator[Callable[..., httpx.Client]]:
    """`signed_in(Capability.LOOK, ...)`: a client whose operator may do just that, all without any;
    signed in this moment, so that commands are let through for five minutes."""
    clients: list[httpx.Client] = []

    def sign_in(*capabilities: Capability, name: str = "") -> httpx.Client:
        called = name or f"operator-{len(clients) + 1}"
        operator = operator_with(console, capabilities or ALL, called)
        with console.hub.database.writing() as db:
            token = console.sessions.begin(
                db, operator, SignInWay.PASSKEY, Visitor("192.0.2.1", "tests")
            )
        client = client_of(console)
        session = console.sessions.find(token)
        assert session is not None
        client.cookies.set(COOKIE, token)
        client.headers["x-csrf"] = session.csrf
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        client.close()
