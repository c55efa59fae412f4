"""What every request passes before a page sees it, and what every answer carries.

A request must name this console as its host; one that changes something, and a WebSocket, must come
from a page of the console's own (Origin, RFC 6454, and Sec-Fetch-Site, W3C Fetch Metadata); and
whoever is not signed in may send little. The session is looked up here, once.
"""

import logging
import re
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
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


class Wall:
    """Before the application; `find` gives the session of a cookie's token, `names` are those under
    which browsers reach the console."""

    def __init__(
        self,
        app: ASGIApp,
        find: Callable[[str], OperatorSession | None],
        names: Collection[str],
    ) -> None:
        self._app = app
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
                problem = NOT_NOW, "The hub cannot do that now; its log says why. Try again later."
        if problem is None and scope["type"] == "http":
            problem = _body_problem(connection.headers, most_bytes(scope, session))
        if problem is not None:
            return await _refuse(problem, scope, receive, answering)
        scope.setdefault("state", {})["session"] = session
        return await self._app(scope, receive, answering)

    def _problem(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if hostname(host) not in self._names:
            known = ", ".join(sorted(self._names))
            return MISDIRECTED, f"This console is not known by that name; it is: {known}"
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        site = headers.get("sec-fetch-site", "same-origin")
        if headers.get("origin") != f"https://{host}" or site != "same-origin":
            return REFUSED, "Only a page of this console may ask for that."
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


def _body_problem(headers: Headers, most: int) -> tuple[int, str] | None:
    if "transfer-encoding" in headers:
        return LENGTH_REQUIRED, "Say how long the request is."
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 20 and int(length) <= most):
        return TOO_LARGE, f"A request may have {most} bytes."
    return None


async def _refuse(problem: tuple[int, str], scope: Scope, receive: Receive, send: Send) -> None:
    status, told = problem
    if scope["type"] == SOCKET:
        await send({"type": "websocket.close", "code": POLICY_VIOLATED, "reason": told[:100]})
        return
    answer = PlainTextResponse(told, status, headers={"connection": "close"})
    await answer(scope, receive, send)


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
