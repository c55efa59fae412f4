"""Parts of the rig of the console's tests."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pyotp
from argon2 import PasswordHasher
from sqlalchemy import select
from starlette.types import ASGIApp

from accessctl.config import Config
from accessctl.console.app import Console, open_console
from accessctl.console.capabilities import ALL, Capability, Operator
from accessctl.hub.assembly import Hub
from accessctl.hub.site_settings import RULES_SUBJECT
from accessctl.hub.tables import JOURNAL, OPERATOR
from accessctl.sync.feed_wire import ChangeKind
from tests.clocks import HandClock
from tests.console.needed_pages import NeededPages

START = 1_700_000_000.0
ORIGIN = "https://localhost"
SignIn: TypeAlias = Callable[..., httpx.Client]


def console_on(hub: Hub, config: Config, now: Callable[[], float] = time.time) -> Console:
    """One whose passwords cost little to keep and to check."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return open_console(hub, config, {}, now=now, hasher=hasher)


class InProcess(httpx.BaseTransport):
    """Asks an application directly, each request in an event loop of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            answer = await self._transport.handle_async_request(request)
            sent = b"".join([part async for part in answer.aiter_raw()])
            return httpx.Response(answer.status_code, headers=answer.headers, content=sent)

        request.read()
        # In a thread: where a browser is open this one has a loop already.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(ask())).result()


def client_of(console: Console) -> httpx.Client:
    """A client that behaves as a browser on a page of the console: it says where it comes from."""
    transport = InProcess(_application_of(console))
    return httpx.Client(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})


def _application_of(console: Console) -> ASGIApp:
    """Made once for all clients of a console."""
    if not _MADE or _MADE[0][0] is not console:
        _MADE[:] = [(console, NeededPages(console))]
    return _MADE[0][1]


_MADE: list[tuple[Console, ASGIApp]] = []
"""The console that was asked for last, and its application."""


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


def journal(console: Console) -> list[tuple[str, dict[str, Any]]]:
    """What the hub's journal tells, as (kind, data), the oldest first."""
    with console.hub.database.reading() as db:
        rows = db.execute(select(JOURNAL).order_by(JOURNAL.c.number)).all()
    return [(row.kind, json.loads(row.data)) for row in rows]


PASSWORD = "five words nobody would take"


@dataclass(frozen=True)
class Enrolled:
    """An operator who signs in by a password and an app."""

    name: str
    secret: str

    def code(self, now: float) -> str:
        return pyotp.TOTP(self.secret).at(int(now))


def enrolled(console: Console, clock: HandClock, name: str = "Ada") -> Enrolled:
    """An operator who may do all and set up a password and an app, as of now; a code of the app
    that counts is to be had a step of time later."""
    operator = operator_with(console, ALL, name)
    secret = console.passwords.new_secret()
    code = pyotp.TOTP(secret).at(int(clock()))
    keep = console.passwords.set(operator, PASSWORD, secret, code)
    with console.hub.database.writing() as db:
        keep(db)
    clock.time += 30
    return Enrolled(name, secret)


def put_rules_of_a_later_release(console: Console) -> None:
    """What stands there as the rules is of a later release."""
    feed = console.hub.feed
    with console.hub.database.writing() as db:
        feed.lock(db)
        content = b'{"access": {"groups": {"staff": {"escorted": true}}}}'
        feed.put(db, RULES_SUBJECT, ChangeKind.RULES, content)
    console.kept_rules.changed()
