"""The console on a port, and a real browser before it."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page

from accessctl.config import Config
from accessctl.console.app import Console, PageModule
from accessctl.console.server import console_beside, console_tls
from accessctl.hub.assembly import Hub
from accessctl.hub.server import KEEP_ALIVE_S, serve

CHROMIUM = Path("/usr/bin/chromium")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 30.0
SEEN_MS = 30_000
"""How long a page is waited for, in milliseconds: a machine of CI is slow."""


@dataclass(frozen=True)
class LiveConsole:
    """`url` is how the browser reaches it."""

    console: Console
    url: str


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    hub: Hub,
    console: Console,
    config: Config,
    modules: Sequence[PageModule] | None = None,
    keep_alive_s: int = KEEP_ALIVE_S,
) -> Iterator[str]:
    """Hub and console, as `accessctl hub run` serves them, in a thread; the console's URL."""
    ready = threading.Event()
    with console_beside(console, console_tls(hub, config), modules, keep_alive_s) as served:
        thread = threading.Thread(target=serve, args=(hub, ready.set, (served,)))
        thread.start()
        try:
            assert ready.wait(START_S)
            yield f"https://localhost:{config.console.port}"
        finally:
            served.server.should_exit = True
            thread.join(START_S)
            assert not thread.is_alive()


@contextmanager
def watched_page(chromium: Browser, url: str, **context_options: Any) -> Iterator[Page]:
    """A page of the console at `url`, with an authenticator: at its end nothing was complained of,
    and nothing was asked of anybody else."""
    usual = {"base_url": url, "ignore_https_errors": True, "locale": "en-GB"}
    context = chromium.new_context(**{**usual, **context_options})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    add_authenticator(page)
    try:
        yield page
    finally:
        context.close()
    assert complaints == []
    assert [one for one in asked if not one.startswith(url)] == []


def add_authenticator(page: Page) -> None:
    """A passkey store that says of its user that they were verified."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def is_complaint(said: ConsoleMessage) -> bool:
    """What the browser's console shows of a page that does not keep to its own policy. An answer
    that refuses is shown there, too, and is none."""
    return said.type == "error" and "Failed to load resource" not in said.text


def set_up_passkey(page: Page, code: str) -> None:
    """Takes an invitation and makes a passkey, which signs in."""
    page.goto(f"/invitation?code={code}")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What you call this device").fill("laptop")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/account")
