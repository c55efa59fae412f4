"""What an operator signs in with: set up after an invitation, looked after later."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

import segno
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from accessctl.console import guard
from accessctl.console.capabilities import Capability
from accessctl.console.complaints import complaint
from accessctl.console.entry_pages import Credential, Text, origin_of, signed_in, visitor_of
from accessctl.console.guard import SignedIn
from accessctl.console.passwords import uri_for_app
from accessctl.console.sessions import OperatorSession, SignInWay
from accessctl.console.wall import hostname
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.console.app import Console

NO_CONTENT, SEE_OTHER, WRONG = 204, 303, 400
ACCOUNT, DOORS = "/account", "/doors"
MAX_SEALED = 500
Keep: TypeAlias = Callable[[Connection], None]


def setting_up(connection: HTTPConnection) -> OperatorSession:
    """The session of somebody who has just taken an invitation, or showed just now who they are."""
    session = guard.session_of(connection)
    if session is not None and session.is_setup:
        return session
    return guard.freshly(connection)


SettingUp = Annotated[OperatorSession, Depends(setting_up)]
Fresh = Annotated[OperatorSession, Depends(guard.freshly)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _set_up(routes, console)
    _account(routes, console)
    return routes


def _page(
    console: "Console",
    request: Request,
    session: OperatorSession,
    secret: str,
    told: str = "",
    status: int = 200,
) -> HTMLResponse:
    operator = session.operator
    known = {
        "whose": operator,
        "secret": secret,
        "sealed": console.passwords.handed_out(secret, session),
        "picture": qr_code(uri_for_app(secret, operator.name, console.name)),
        "told": told,
        "can_use_passkeys": is_at_home(request, console.name),
        "home": console.name,
    }
    shown = None if session.is_setup else operator
    return console.page(request, "set_up.html", shown, status, **known)


def _set_up(routes: APIRouter, console: "Console") -> None:
    def done(request: Request, session: OperatorSession, way: SignInWay, keep: Keep) -> Response:
        """Keeps the new way of signing in; whoever was invited is signed in by it."""
        token = console.operators.keep_way(session, way, keep, visitor_of(request))
        is_json = way is SignInWay.PASSKEY
        answer: Response = JSONResponse({}) if is_json else RedirectResponse(ACCOUNT, SEE_OTHER)
        return answer if token is None else signed_in(console, request, token, answer)

    @routes.get(guard.SET_UP)
    def ask(request: Request, session: SettingUp) -> HTMLResponse:
        return _page(console, request, session, console.passwords.new_secret())

    @routes.post(guard.SET_UP + "/password")
    def password(
        request: Request,
        session: SettingUp,
        password: Text,
        code: Text,
        sealed: Annotated[str, Form(max_length=MAX_SEALED)],
    ) -> Response:
        secret = console.passwords.handed_back(sealed, session)
        try:
            keep = console.passwords.set(session.operator, password, secret, code)
        except InputError as error:
            told = complaint(error, console.words(request))
            return _page(console, request, session, secret, told, WRONG)
        return done(request, session, SignInWay.PASSWORD, keep)

    @routes.post(guard.SET_UP + "/passkey/options")
    def options(session: SettingUp) -> Response:
        return Response(console.passkeys.to_register(session), media_type="application/json")

    @routes.post(guard.SET_UP + "/passkey")
    def passkey(request: Request, session: SettingUp, credential: Credential) -> Response:
        label = credential.pop("label", "")
        origin = origin_of(request)
        try:
            keep = console.passkeys.registered(session, credential, str(label), origin)
            return done(request, session, SignInWay.PASSKEY, keep)
        except InputError as error:
            return JSONResponse({"problem": complaint(error, console.words(request))}, WRONG)


def _account(routes: APIRouter, console: "Console") -> None:
    @routes.get("/")
    def home(session: SignedIn) -> Response:
        """The doors, for whoever may see them."""
        may_look = session.operator.may(Capability.LOOK)
        return RedirectResponse(DOORS if may_look else ACCOUNT, SEE_OTHER)

    @routes.get("/here")
    def here(_: SignedIn) -> Response:
        """Somebody works on a page: that it was asked for is what counts as use."""
        return Response(status_code=NO_CONTENT)

    @routes.get(ACCOUNT)
    def account(request: Request, session: SignedIn) -> HTMLResponse:
        known = {
            "known": console.operators.known(session.operator.id),
            "keys": console.passkeys.of(session.operator.id),
            "sessions": console.sessions.of(session.operator.id),
            "present": session,
        }
        return console.page(request, "account.html", session.operator, **known)

    @routes.post(ACCOUNT + "/passkeys/remove")
    def remove(session: Fresh, key: Text) -> Response:
        console.passkeys.remove(session.operator, key)
        return RedirectResponse(ACCOUNT, SEE_OTHER)

    @routes.post(ACCOUNT + "/sessions/end")
    def end(session: SignedIn, which: Text) -> Response:
        console.sessions.end_one(session.operator, which)
        return RedirectResponse(ACCOUNT, SEE_OTHER)


def qr_code(text: str) -> str:
    """An SVG to stand in a page, without styles of its own."""
    return svg_of(segno.make_qr(text))


def svg_of(code: segno.QRCode) -> str:
    """The same of a code that was made otherwise; a page's style says how large it is."""
    out = io.BytesIO()
    code.save(out, kind="svg", light="#fff", xmldecl=False, svgns=False, nl=False, omitsize=True)
    return out.getvalue().decode("utf-8")


def is_at_home(request: Request, name: str) -> bool:
    """Whether the browser asked for the console by the name that passkeys are bound to."""
    host = hostname(request.headers["host"])
    return host == name or host.endswith(f".{name}")
