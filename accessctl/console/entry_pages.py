"""Signing in and out, showing anew who one is, and taking an invitation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from accessctl.console import guard
from accessctl.console.guard import SignedIn, own_path
from accessctl.console.guessing import MustWaitError, by_address
from accessctl.console.passwords import Given, NotRecognisedError
from accessctl.console.sessions import Visitor
from accessctl.console.wall import COOKIE
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.console.app import Console

SEE_OTHER, NOT_RECOGNISED, NOT_FOUND, TOO_MANY = 303, 403, 404, 429
MAX_CODE = 64
SIGN_ON, SIGN_ON_BACK = "/sign-in/provider", "/sign-in/provider/back"
ASKED_COOKIE = "__Host-accessctl-asked"
Text = Annotated[str, Form(max_length=300)]
Path = Annotated[str, Form(max_length=500)]
State = Annotated[str, Query(max_length=300)]
Code = Annotated[str, Query(max_length=4096)]
Credential = Annotated[dict[str, Any], Body()]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _sign_in(routes, console)
    _prove(routes, console)
    _invitation(routes, console)
    _sign_on(routes, console)

    @routes.post("/sign-out")
    def sign_out(session: SignedIn, everywhere: Annotated[bool, Form()] = False) -> Response:
        if everywhere:
            console.sessions.end_all(session.operator)
        else:
            console.sessions.end(session)
        answer = RedirectResponse(guard.SIGN_IN, SEE_OTHER)
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    return routes


def _sign_in(routes: APIRouter, console: "Console") -> None:
    def page(request: Request, status: int, then: str, name: str, told: str) -> HTMLResponse:
        known = {
            "then": own_path(then),
            "name": name,
            "told": told,
            "sign_on": console.sign_on is not None,
        }
        return console.page(request, "sign_in.html", None, status, **known)

    @routes.get(guard.SIGN_IN)
    def ask(request: Request, then: str = "/") -> Response:
        session = guard.session_of(request)
        if session is not None and not session.is_setup:
            return RedirectResponse(own_path(then), SEE_OTHER)
        return page(request, 200, then, "", "")

    @routes.post(guard.SIGN_IN)
    def by_password(
        request: Request, name: Text, password: Text, code: Text, then: Path = "/"
    ) -> Response:
        try:
            token = console.passwords.sign_in(Given(name, password, code), visitor_of(request))
        except (MustWaitError, NotRecognisedError) as error:
            status, told = refusal(console, request, error)
            return page(request, status, then, name, told)
        return signed_in(console, request, token, RedirectResponse(own_path(then), SEE_OTHER))

    @routes.post(guard.SIGN_IN + "/passkey/options")
    def options() -> Response:
        return _json(console.passkeys.to_sign_in(None))

    @routes.post(guard.SIGN_IN + "/passkey")
    def by_passkey(request: Request, credential: Credential) -> Response:
        try:
            token = console.passkeys.sign_in(credential, origin_of(request), visitor_of(request))
        except NotRecognisedError as error:
            return not_done(console, request, error)
        return signed_in(console, request, token, JSONResponse({}))


def _prove(routes: APIRouter, console: "Console") -> None:
    def page(
        request: Request, session: SignedIn, status: int, then: str, told: str
    ) -> HTMLResponse:
        known = {"then": own_path(then), "told": told}
        return console.page(request, "prove.html", session.operator, status, **known)

    @routes.get(guard.PROVE)
    def ask(request: Request, session: SignedIn, then: str = "/") -> HTMLResponse:
        return page(request, session, 200, then, "")

    @routes.post(guard.PROVE)
    def by_code(request: Request, session: SignedIn, code: Text, then: Path = "/") -> Response:
        try:
            console.passwords.prove(session, code, visitor_of(request))
        except (MustWaitError, NotRecognisedError) as error:
            status, told = refusal(console, request, error)
            return page(request, session, status, then, told)
        return RedirectResponse(own_path(then), SEE_OTHER)

    @routes.post(guard.PROVE + "/passkey/options")
    def options(session: SignedIn) -> Response:
        return _json(console.passkeys.to_sign_in(session))

    @routes.post(guard.PROVE + "/passkey")
    def by_passkey(request: Request, session: SignedIn, credential: Credential) -> Response:
        origin, visitor = origin_of(request), visitor_of(request)
        try:
            console.passkeys.prove(session, credential, origin, visitor)
        except NotRecognisedError as error:
            return not_done(console, request, error)
        return JSONResponse({})


def _invitation(routes: APIRouter, console: "Console") -> None:
    @routes.get("/invitation")
    def ask(request: Request, code: str = "") -> HTMLResponse:
        return console.page(request, "invitation.html", None, code=code[:MAX_CODE], told="")

    @routes.post("/invitation")
    def take(request: Request, code: Text) -> Response:
        visitor = visitor_of(request)
        try:
            with _counted(console, visitor):
                token = console.operators.accept(code, visitor)
        except (MustWaitError, InputError) as error:
            status, told = refusal(console, request, error)
            known = {"code": code[:MAX_CODE], "told": told}
            return console.page(request, "invitation.html", None, status, **known)
        return signed_in(console, request, token, RedirectResponse(guard.SET_UP, SEE_OTHER))


def _sign_on(routes: APIRouter, console: "Console") -> None:
    @routes.get(SIGN_ON)
    def leave(request: Request) -> Response:
        if console.sign_on is None:
            raise HTTPException(NOT_FOUND)
        url, cookie = console.sign_on.begin(origin_of(request) + SIGN_ON_BACK)
        answer = RedirectResponse(url, SEE_OTHER)
        # Lax, not strict: the provider's page leads back here.
        answer.set_cookie(
            ASKED_COOKIE, cookie, max_age=600, path="/", secure=True, httponly=True, samesite="lax"
        )
        return answer

    @routes.get(SIGN_ON_BACK)
    def come_back(request: Request, state: State = "", code: Code = "") -> Response:
        if console.sign_on is None:
            raise HTTPException(NOT_FOUND)
        asked, back = request.cookies.get(ASKED_COOKIE, ""), origin_of(request) + SIGN_ON_BACK
        visitor = visitor_of(request)
        try:
            with _counted(console, visitor):
                token = console.sign_on.finish(asked, state, code, back, visitor)
        except MustWaitError as error:
            status, told = refusal(console, request, error)
            answer: Response = console.page(request, "problem.html", None, status, told=told)
        except NotRecognisedError:
            told = console.words(request)("entry.not_an_operator")
            answer = console.page(request, "problem.html", None, NOT_RECOGNISED, told=told)
        else:
            # A page of our own goes on from here: a redirect would still count as the provider's,
            # and the browser would keep the session's cookie back.
            page = console.page(request, "signed_on.html", None)
            answer = signed_in(console, request, token, page)
        answer.delete_cookie(ASKED_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return answer


@contextmanager
def _counted(console: "Console", visitor: Visitor) -> Iterator[None]:
    """Around a try that counts against its address alone, where it fails; MustWaitError."""
    address = by_address(visitor.address)
    console.guesses.begin(address)
    yield
    with console.hub.database.writing() as db:
        console.guesses.given_back(db, address)


def signed_in(console: "Console", request: Request, token: str, answer: Response) -> Response:
    """`answer` with the new session's cookie; the one that asked counts no more."""
    before = request.cookies.get(COOKIE, "")
    if before.isascii():
        with console.hub.database.writing() as db:
            console.sessions.forget(db, before)
    answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def visitor_of(request: Request) -> Visitor:
    address = "" if request.client is None else request.client.host
    return Visitor(address, request.headers.get("user-agent", ""))


def origin_of(request: Request) -> str:
    """Where the browser says that it is: the wall has compared its host with the console's names,
    and WebAuthn compares it with what the browser signs."""
    return f"https://{request.headers['host']}"


def refusal(console: "Console", request: Request, error: Exception) -> tuple[int, str]:
    """With what status, and in which words, whoever is not recognised is told."""
    words = console.words(request)
    if isinstance(error, MustWaitError):
        return TOO_MANY, words("entry.wait", seconds=max(1, round(error.seconds)))
    if isinstance(error, NotRecognisedError):
        return NOT_RECOGNISED, words("entry.not_recognised")
    return NOT_RECOGNISED, words("entry.code_not_taken")


def not_done(console: "Console", request: Request, error: Exception) -> JSONResponse:
    status, told = refusal(console, request, error)
    return JSONResponse({"problem": told}, status)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
