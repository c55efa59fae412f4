"""A hub with its console: as an application for httpx, and on a port for a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accessctl.config import Config, ConsoleConfig, HubConfig
from accessctl.console.app import Console
from accessctl.console.capabilities import ALL, Capability
from accessctl.console.sessions import CSRF_BYTES, SignInWay, Visitor
from accessctl.console.wall import COOKIE
from accessctl.hub.assembly import Hub, open_hub
from tests.clocks import HandClock
from tests.console.live_console import (
    BROWSER_OPTIONS,
    CHROMIUM,
    SEEN_MS,
    LiveConsole,
    free_port,
    serving,
    set_up_passkey,
    watched_page,
)
from tests.console.site_console import (
    START,
    SignIn,
    client_of,
    console_on,
    operator_with,
)
from tests.hub.made_tables import with_tables


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    hub = HubConfig(folder=tmp_path / "hub", host="127.0.0.1", port=free_port())
    return Config(hub=hub, console=ConsoleConfig(host="127.0.0.1", port=free_port()))


@pytest.fixture
def hub(config: Config, clock: HandClock) -> Iterator[Hub]:
    with open_hub(with_tables(config.hub), {}, now=clock) as opened:
        yield opened


@pytest.fixture
def console(hub: Hub, config: Config, clock: HandClock) -> Console:
    return console_on(hub, config, clock)


@pytest.fixture
def signed_in(console: Console) -> Iterator[SignIn]:
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
        client.headers["x-csrf"] = session.csrf_under(bytes(CSRF_BYTES))
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        client.close()


@pytest.fixture
def live_console(config: Config) -> Iterator[LiveConsole]:
    """Hub and console on ports of their own, by the real clock."""
    with open_hub(with_tables(config.hub), {}) as hub:
        console = console_on(hub, config)
        with serving(hub, console, config) as url:
            yield LiveConsole(console, url)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for all tests of a file; each test has a context of its own. While it is there its event
    loop runs in this thread, and no test of another file could have one."""
    if not CHROMIUM.exists():
        assert os.environ.get("CI") != "true", "Chromium is not installed: apt install chromium"
        pytest.skip("Chromium is not installed (apt install chromium)")
    expect.set_options(timeout=SEEN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium: Browser, live_console: LiveConsole) -> Iterator[Page]:
    """A page in a browser with an authenticator of its own, for which whatever the browser
    complains of, a page's own policy too, fails the test."""
    with watched_page(chromium, live_console.url) as page:
        yield page


@pytest.fixture
def signed_in_page(browser_page: Page, live_console: LiveConsole) -> Page:
    """The same page, whose operator may do all, signed in by a passkey this moment."""
    made = live_console.console.operators.invite(None, "Ada", ALL)
    set_up_passkey(browser_page, made.code)
    return browser_page
