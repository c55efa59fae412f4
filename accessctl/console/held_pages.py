"""What doors propose and somebody has to decide: looked at from both sides, and decided."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from accessctl.console.asking import Clerk, Enroller
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.guard import NotAllowedError
from accessctl.console.held_view import held_cases
from accessctl.console.names import site_names

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE = "/held"
SEE_OTHER, NOT_FOUND = 303, 404
MOST_NUMBER = 1 << 62
MOST_SHOWN = 20
"""Decisions on one page: a door that joins may bring all of its people."""
JPEG = "image/jpeg"

Number = Annotated[int, Path(ge=1, le=MOST_NUMBER)]
Name = Annotated[str, Form(max_length=100)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _looked_at(routes, console)
    _decided(routes, console)
    return routes


def due(console: "Console", operator: Operator | None) -> int:
    """How many decisions wait for this operator; none for whoever may not decide. StoreError."""
    if operator is None or not operator.may(Capability.ENROL):
        return 0
    return console.hub.held.waiting()


def _looked_at(routes: APIRouter, console: "Console") -> None:
    held = console.hub.held

    @routes.get(PAGE)
    def listed(request: Request, operator: Enroller) -> HTMLResponse:
        cases = held_cases(held.listed(), console.words(request), site_names(console.hub))
        return console.page(
            request,
            "held.html",
            operator,
            cases=cases[:MOST_SHOWN],
            more=len(cases[MOST_SHOWN:]),
            groups=sorted(console.kept_rules.present().groups),
        )

    @routes.get(PAGE + "/{number}/picture")
    def picture(operator: Enroller, number: Number) -> Response:
        """The photo that waits; that it was shown is on record first."""
        return _photo(held.picture(number, operator.name))

    @routes.get(PAGE + "/{number}/other")
    def other(operator: Clerk, number: Number) -> Response:
        """A photo of whoever is enrolled and is taken for them; it is on record, too."""
        return _photo(held.other_picture(number, operator.name))


def _decided(routes: APIRouter, console: "Console") -> None:
    held, people = console.hub.held, console.hub.people

    @routes.post(PAGE + "/{number}/take")
    def take(
        operator: Enroller,
        number: Number,
        name: Name,
        group: Annotated[list[str], Form(max_length=64)] = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        """Somebody new of that name; only who may say who passes where puts them into groups."""
        if group and not operator.may(Capability.RULES):
            console.refused(operator, "not allowed", needs=Capability.RULES, held=number)
            raise NotAllowedError("entry.not_allowed")
        with console.told(operator, "decide held", held=number):
            kept = held.take(number, name, operator.name, group)
        return RedirectResponse(f"/people/{people.person(kept).id}", SEE_OTHER)

    @routes.post(PAGE + "/{number}/add")
    def add(
        operator: Enroller,
        number: Number,
        name: Name = "",
        person: Annotated[str, Form(max_length=32)] = "",
    ) -> Response:
        """The photos are of whoever has that id, or else that name."""
        with console.told(operator, "decide held", held=number), people.changing() as edit:
            called = edit.find(person).name if person else name
            held.add_to(number, called, operator.name)
        return RedirectResponse(PAGE, SEE_OTHER)

    @routes.post(PAGE + "/{number}/drop")
    def drop(operator: Enroller, number: Number) -> Response:
        with console.told(operator, "decide held", held=number):
            held.drop(number, operator.name)
        return RedirectResponse(PAGE, SEE_OTHER)


def _photo(jpeg: bytes | None) -> Response:
    if jpeg is None:
        raise HTTPException(NOT_FOUND)
    return Response(jpeg, media_type=JPEG)
