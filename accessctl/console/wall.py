"""What every request passes before a page sees it, and what every answer carries.

A request must name this console as its host; one that changes something, and a WebSocket, must come
from a page of the console's own (Origin, RFC 6454, and Sec-Fetch-Site, W3C Fetch Metadata); and
whoever is not signed in may send little. The session is looked up here, once.
"""

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accessctl.console.sessions import OperatorSession
from accessctl.errors import FaultError

log = logging.getLogger(__name__)

# Neither a user before it nor a path behind it: links are made of it.
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?", re.ASCII)
COOKIE = "__Host-accessctl"
SAFE = frozenset({"GET", "HEAD"})
SOCKET = "websocket"
MAX_STRANGERS_BYTES = 32768
MAX_BYTES = 32 << 20
"""What a signed-in operator may send at once: some photos."""
MOST_FILES_MB = 32
"""What a page lets choose of that."""
REFUSED, MISDIRECTED, LENGTH_REQUIRED, TOO_LARGE, NOT_NOW = 403, 421, 411, 413, 503
POLICY_VIOLATED = 1008
STATIC, PHONE = "/static/", "/phone/"
MAX_PHONE_BYTES = 16 << 20
"""What may be sent by a telephone at once: one photo; a page behind such a link may ask for the
camera, and no other page may."""

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: a form would then be sent with the origin "null".
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)",
}


@dataclass(frozen=True, slots=True)
class WallProblem:
    """Why a request goes no further: the status of the answer, the key of the phrase that says it,
    and what the phrase is filled in with; sizes are in MB."""

    status: int
    key: str
    values: Mapping[str, str | float] = field(default_factory=dict)


Tell: TypeAlias = Callable[[Request, WallProblem], Response]


class Wall:
    """Before the application; `find` gives the session of a cookie's token, `names` are those under
    which browsers reach the console, and `tell` makes a page of why somebody goes no further."""

    def __init__(
        self,
        app: ASGIApp,
        find: Callable[[str], OperatorSession | None],
        names: Collection[str],
        tell: Tell,
    ) -> None:
        self._app = app
        self._tell = tell
        self._find = find
        self._names = {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", SOCKET):
            return await self._app(scope, receive, send)
        answering = _carrying(scope, send)
        connection = HTTPConnection(scope)
        problem = self._problem(scope, connection.headers)
        session = None
        if problem is None and not scope["path"].startswith(STATIC):
            token = connection.cookies.get(COOKIE, "")
            try:
                session = await run_in_threadpool(self._find, token) if token else None
            except FaultError as error:
                log.error("Nobody can be let into the console: %s", error)
                problem = WallProblem(NOT_NOW, "entry.cannot_now")
        if problem is None and scope["type"] == "http":
            problem = _body_problem(connection.headers, most_bytes(scope, session))
        if problem is not None:
            return await self._refuse(problem, scope, receive, answering)
        scope.setdefault("state", {})["session"] = session
        return await self._app(scope, receive, answering)

    async def _refuse(
        self, problem: WallProblem, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == SOCKET:
            await send({"type": "websocket.close", "code": POLICY_VIOLATED, "reason": problem.key})
            return
        scope.setdefault("state", {})["session"] = None
        # The words may ask the database for the time zone.
        answer = await run_in_threadpool(self._tell, Request(scope, receive), problem)
        answer.headers["connection"] = "close"
        await answer(scope, receive, send)

    def _problem(self, scope: Scope, headers: Headers) -> WallProblem | None:
        host = headers.get("host", "")
        if hostname(host) not in self._names:
            known = ", ".join(sorted(self._names))
            return WallProblem(MISDIRECTED, "entry.misdirected", {"names": known})
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        site = headers.get("sec-fetch-site", "same-origin")
        if headers.get("origin") != f"https://{host}" or site != "same-origin":
            return WallProblem(REFUSED, "entry.from_elsewhere")
        return None


def hostname(host: str) -> str:
    """The name or address in a Host header, without port and brackets; empty for what is none."""
    if _HOST.fullmatch(host) is None:
        return ""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def most_bytes(scope: Scope, session: OperatorSession | None) -> int:
    """How long what is sent may be."""
    if scope["path"].startswith(PHONE):
        return MAX_PHONE_BYTES
    return MAX_STRANGERS_BYTES if session is None else MAX_BYTES


def _body_problem(headers: Headers, most: int) -> WallProblem | None:
    if "transfer-encoding" in headers:
        return WallProblem(LENGTH_REQUIRED, "entry.no_length")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 20 and int(length) <= most):
        return WallProblem(TOO_LARGE, "entry.too_large", {"most": most / 1e6})
    return None


def _carrying(scope: Scope, send: Send) -> Send:
    """`send` that adds what each answer carries."""
    if scope["type"] == SOCKET:
        return send

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if scope["path"].startswith(PHONE):
                permitted = HEADERS["permissions-policy"].replace("camera=()", "camera=(self)")
                headers["permissions-policy"] = permitted
            is_file = scope["path"].startswith(STATIC)
            headers.setdefault("cache-control", "no-cache" if is_file else "no-store")
        await send(message)

    return sending
