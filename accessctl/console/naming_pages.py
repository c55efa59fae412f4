"""A visit of somebody unknown gets a name: a look at its pictures beside whom they resemble, then
somebody new, or photos of somebody enrolled."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accessctl.console.asking import Clerk, Id
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.complaints import complaint
from accessctl.console.events_pages import PAGE, RecordNumber
from accessctl.console.guard import needs, require
from accessctl.console.naming_desk import (
    NOTHING_ASKED,
    LookedAt,
    NamingAsked,
    NamingDesk,
    VisitObstacleError,
)
from accessctl.console.naming_view import shown_pictures
from accessctl.domain import PersonId
from accessctl.errors import AccessctlError, FaceError, InputError, PersonError
from accessctl.hub.naming import MOST_PICTURES, UnknownVisit
from accessctl.policy.naming import life_in

if TYPE_CHECKING:
    from accessctl.console.app import Console

OK, SEE_OTHER, WRONG, CONFLICT = 200, 303, 400, 409
ENROLS = [needs(Capability.ENROL)]
"""Beside the capability to see photos."""


def asked_in(
    person: Annotated[str, Form(pattern="^([0-9a-f]{32})?$")] = "",
    name: Annotated[str, Form(max_length=100)] = "",
    group: Annotated[list[str], Form(max_length=64)] = [],  # noqa: B006 - FastAPI copies it
    picture: Annotated[list[int], Form(max_length=MOST_PICTURES)] = [],  # noqa: B006
    looked: Annotated[bool, Form()] = False,
) -> NamingAsked:
    return NamingAsked(person, name, tuple(group), tuple(picture), looked)


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    desk = NamingDesk(console)
    pages = NamingPages(console, desk)

    @routes.get(PAGE + "/{door}/{number}/name", dependencies=ENROLS)
    def look(request: Request, operator: Clerk, door: Id, number: RecordNumber) -> HTMLResponse:
        """Who it may be; that the visit was compared with everybody is on record first."""
        try:
            found = desk.looked_at(operator, door, number, console.words(request))
        except VisitObstacleError as error:
            return pages.obstacle(request, operator, error)
        return pages.shown(request, operator, found)

    @routes.post(PAGE + "/{door}/{number}/name", dependencies=ENROLS)
    def name(
        request: Request,
        operator: Clerk,
        door: Id,
        number: RecordNumber,
        asked: Annotated[NamingAsked, Depends(asked_in)],
    ) -> Response:
        if asked.groups:
            require(request, operator, Capability.RULES)
        try:
            found = desk.looked_at(operator, door, number, console.words(request))
        except VisitObstacleError as error:
            return pages.obstacle(request, operator, error)
        try:
            kept = desk.name(found, operator, asked, console.words(request))
        except (FaceError, PersonError, InputError) as error:
            desk.refused(found.visit, operator, type(error).__name__)
            return pages.shown(request, operator, found, asked, error)
        except AccessctlError as error:
            desk.refused(found.visit, operator, type(error).__name__)
            raise
        return RedirectResponse(f"/people/{kept.id}", SEE_OTHER)

    return routes


class NamingPages:
    """The one page that there is, with a visit on it or with why it cannot be named."""

    def __init__(self, console: "Console", desk: NamingDesk) -> None:
        self._console, self._desk = console, desk

    def shown(
        self,
        request: Request,
        operator: Operator,
        found: LookedAt,
        asked: NamingAsked = NOTHING_ASKED,
        error: AccessctlError | None = None,
    ) -> HTMLResponse:
        words, hub = self._console.words(request), self._console.hub
        return self._page(
            request,
            operator,
            found.visit,
            OK if error is None else WRONG,
            told="" if error is None else complaint(error, words),
            asked=asked,
            life=life_in([one.event for one in found.visit.decisions]),
            unseen=len(found.visit.pictures) - len(found.pictures),
            pictures=shown_pictures(found.pictures, found.judged, words),
            likely=self._desk.likely(found, words),
            groups=sorted(self._console.kept_rules.present().groups),
            needs_consent=hub.withholding.is_required,
        )

    def obstacle(
        self, request: Request, operator: Operator, error: VisitObstacleError
    ) -> HTMLResponse:
        """Why it cannot be named; that it was refused is on record."""
        self._desk.refused(error.visit, operator, error.obstacle.value)
        named = self._desk.people().get(error.visit.named or PersonId(""))
        told = {"obstacle": error.obstacle.value, "named": named}
        return self._page(request, operator, error.visit, CONFLICT, **told)

    def _page(
        self,
        request: Request,
        operator: Operator,
        visit: UnknownVisit,
        status: int,
        **known: object,
    ) -> HTMLResponse:
        words, one = self._console.words(request), visit.one
        shown = {"obstacle": "", "named": None, "pictures": (), "unseen": 0, **known}
        return self._console.page(
            request,
            "naming.html",
            operator,
            status,
            door=one.place.door,
            number=one.place.number,
            when=f"{words.day(one.event.time)}, {words.clock(one.event.time)}",
            door_name=one.name,
            **shown,
        )
