"""Operators: who they are, what each may do, invitations, and their sessions."""

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accessctl.console.account_pages import qr_code
from accessctl.console.capabilities import Capability, Operator, capabilities_in
from accessctl.console.entry_pages import SEE_OTHER, Text, origin_of
from accessctl.console.guard import fresh, needs
from accessctl.console.operators import OperatorInvitation

if TYPE_CHECKING:
    from accessctl.console.app import Console

OPERATORS = "/operators"
Looks = Annotated[Operator, needs(Capability.OPERATORS)]
Changes = Annotated[Operator, fresh(Capability.OPERATORS)]
Chosen = Annotated[tuple[Capability, ...], Form()]
NOTHING: tuple[Capability, ...] = ()


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _invited(routes, console)
    _known(routes, console)
    return routes


def _shown(
    console: "Console", request: Request, operator: Operator, made: OperatorInvitation | None
) -> HTMLResponse:
    known: dict[str, Any] = {
        "known": console.operators.listed(),
        "capabilities": list(Capability),
        "chosen": {Capability.LOOK},
        "made": made,
    }
    if made is not None:
        link = invitation_link(origin_of(request), made)
        known |= {"link": link, "picture": qr_code(link)}
    return console.page(request, "operators.html", operator, **known)


def _invited(routes: APIRouter, console: "Console") -> None:
    @routes.get(OPERATORS)
    def listed(request: Request, operator: Looks) -> HTMLResponse:
        return _shown(console, request, operator, None)

    @routes.post(OPERATORS + "/invite")
    def invite(
        request: Request, by: Changes, name: Text, email: Text = "", capability: Chosen = NOTHING
    ) -> HTMLResponse:
        with console.told(by, "invite operator"):
            may = frozenset(capability)
            made = console.operators.invite(by, name, may, email.strip() or None)
        return _shown(console, request, by, made)

    @routes.post(OPERATORS + "/{whose}/invite")
    def again(request: Request, by: Changes, whose: str) -> HTMLResponse:
        known = console.operators.known(whose).operator
        with console.told(by, "invite operator", whose_id=whose):
            made = console.operators.invite(by, known.name, known.capabilities)
        return _shown(console, request, by, made)


def _known(routes: APIRouter, console: "Console") -> None:
    @routes.get(OPERATORS + "/{whose}")
    def one(request: Request, operator: Looks, whose: str) -> HTMLResponse:
        known = console.operators.known(whose)
        return console.page(
            request,
            "operator.html",
            operator,
            known=known,
            capabilities=list(Capability),
            chosen=known.operator.capabilities,
            sessions=console.sessions.of(whose),
        )

    @routes.post(OPERATORS + "/{whose}")
    def change(by: Changes, whose: str, capability: Chosen = NOTHING, seen: Text = "") -> Response:
        # A box that may not be touched is not sent: what they do not have themselves stays.
        kept = console.operators.known(whose).operator.capabilities - by.capabilities
        with console.told(by, "change operator", whose_id=whose):
            present = capabilities_in(seen.split(",")) if seen else None
            console.operators.change(by, whose, frozenset(capability) | kept, present)
        return RedirectResponse(OPERATORS, SEE_OTHER)

    @routes.post(OPERATORS + "/{whose}/sessions/end")
    def end_sessions(by: Changes, whose: str) -> Response:
        with console.told(by, "end sessions", whose_id=whose):
            console.operators.end_sessions(by, whose)
        return RedirectResponse(f"{OPERATORS}/{whose}", SEE_OTHER)

    @routes.post(OPERATORS + "/{whose}/remove")
    def remove(by: Changes, whose: str) -> Response:
        with console.told(by, "remove operator", whose_id=whose):
            console.operators.remove(by, whose)
        return RedirectResponse(OPERATORS, SEE_OTHER)


def invitation_link(origin: str, made: OperatorInvitation) -> str:
    """Where whoever is invited takes the invitation; `origin` as https://hub.example:8444."""
    return f"{origin}/invitation?code={quote(made.code)}"
