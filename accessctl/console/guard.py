"""Who may do what: the dependencies that a page's routes name.

`operator: Annotated[Operator, needs(Capability.LOOK)]` gives whoever is signed in and may look;
everybody else is refused, which is on record. `fresh(...)` asks besides that they showed within
five minutes who they are.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from accessctl.console.capabilities import Capability, Operator
from accessctl.console.sessions import OperatorSession
from accessctl.console.wall import SAFE

if TYPE_CHECKING:
    from accessctl.console.app import Console

CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf"
SIGN_IN, PROVE, SET_UP = "/sign-in", "/prove", "/set-up"


class ElsewhereFirstError(Exception):
    """The browser has to go to `path` first: nobody is signed in, or not freshly enough."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NotAllowedError(Exception):
    """Whoever asks may not do that; `key` names the phrase that tells them."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def console_of(connection: HTTPConnection) -> "Console":
    console: Console = connection.app.state.console
    return console


def session_of(connection: HTTPConnection) -> OperatorSession | None:
    """The session of whoever asks, also one that is only good for setting up."""
    found: OperatorSession | None = connection.state.session
    return found


async def carries_token(request: HTTPConnection) -> None:
    """Refuses what would change something without the token of its own session.

    Without a session there is nothing that another's page could use; the wall has checked where
    the request comes from.
    """
    session = session_of(request)
    if not isinstance(request, Request) or request.method in SAFE or session is None:
        return
    given: Any = request.headers.get(CSRF_HEADER)
    if given is None and "form" in request.headers.get("content-type", ""):
        given = (await request.form()).get(CSRF_FIELD)
    if not isinstance(given, str) or not session.is_csrf(given):
        raise NotAllowedError("entry.form_too_old")


def signed_in(connection: HTTPConnection) -> OperatorSession:
    """The session of an operator who is signed in."""
    session = session_of(connection)
    if session is None:
        raise ElsewhereFirstError(f"{SIGN_IN}?then={quote(_page(connection))}")
    if session.is_setup:
        raise ElsewhereFirstError(SET_UP)
    return session


def freshly(connection: HTTPConnection) -> OperatorSession:
    """The session of an operator who showed within five minutes who they are."""
    session = signed_in(connection)
    if not session.is_fresh(console_of(connection).now()):
        raise ElsewhereFirstError(f"{PROVE}?then={quote(_page(connection))}")
    return session


SignedIn = Annotated[OperatorSession, Depends(signed_in)]


def needs(capability: Capability) -> Any:
    """The operator who is signed in, if they may do that."""
    return Depends(_checked(capability, must_be_fresh=False))


def fresh(capability: Capability) -> Any:
    """As `needs`; besides they must have shown within five minutes who they are."""
    return Depends(_checked(capability, must_be_fresh=True))


def _checked(
    capability: Capability, *, must_be_fresh: bool
) -> Callable[[HTTPConnection], Operator]:
    def check(connection: HTTPConnection) -> Operator:
        operator = signed_in(connection).operator
        require(connection, operator, capability)
        if must_be_fresh:
            freshly(connection)
        return operator

    return check


def require(connection: HTTPConnection, operator: Operator, capability: Capability) -> None:
    """NotAllowedError, which is on record, for an operator who may not do that."""
    if not operator.may(capability):
        path = connection.scope["path"]
        console_of(connection).refused(operator, "not allowed", needs=capability, path=path)
        raise NotAllowedError("entry.not_allowed")


def asks_for_part(connection: HTTPConnection) -> bool:
    """Whether a page's own script asks, for a part of a page; it says so as htmx would."""
    return connection.headers.get("hx-request") == "true"


def _page(connection: HTTPConnection) -> str:
    """The page to come back to: the one that is asked for, or the one that asks for a part."""
    if connection.scope.get("method") in SAFE and not asks_for_part(connection):
        return own_path(_path_in(str(connection.url)))
    shown = connection.headers.get("hx-current-url") or connection.headers.get("referer", "")
    return own_path(_path_in(shown))


def _path_in(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def own_path(path: str) -> str:
    """The path of a page of this console: `/` for whatever could lead elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() and "\\" not in path and len(path) < 500 else "/"
