"""A visit of somebody unknown gets a name: a look at its pictures beside whom they resemble, then
somebody new, or photos of somebody enrolled."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from accessctl.administration.changes import Administration
from accessctl.administration.vetting import PhotoVetting
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.events_pages import PAGE, DoorId, PhotoLooker, RecordNumber
from accessctl.console.guard import needs, require
from accessctl.console.naming_view import (
    Likely,
    SiteFaces,
    likely,
    picture_label,
    shown_pictures,
)
from accessctl.console.people_pages import Id
from accessctl.console.photo_desk import HandedIn, JudgedPhoto
from accessctl.console.previews import small_jpeg
from accessctl.console.words import Words
from accessctl.domain import Person, PersonId
from accessctl.errors import AccessctlError, FaceError, InputError, MisfitError, PersonError
from accessctl.hub.journal import JournalKind
from accessctl.hub.naming import (
    MOST_PICTURES,
    NamingObstacle,
    UnknownVisit,
    VisitNaming,
    VisitPicture,
    life_in,
    obstacle_to,
)
from accessctl.hub.pictures import AlteredPictureError

if TYPE_CHECKING:
    from accessctl.console.app import Console
    from accessctl.recognition.enrolment import Candidate

SEE_OTHER, WRONG, NOT_FOUND, CONFLICT = 303, 400, 404, 409
WHAT = "name a visit"
ENROLS = [needs(Capability.ENROL)]
"""Beside the capability to see photos."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamingAsked:
    """What the form says: `person` is an id, empty for somebody new of that `name`; `pictures` are
    numbers of records."""

    person: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()
    pictures: tuple[int, ...] = ()
    looked: bool = False


NOTHING_ASKED = NamingAsked()


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A visit without an obstacle, its pictures and what became of them at the desk."""

    visit: UnknownVisit
    pictures: Sequence[VisitPicture]
    judged: Sequence[JudgedPhoto]

    def photos(self, chosen: Sequence[int] | None = None) -> "dict[int, Candidate]":
        """Those that can be used, by their records' numbers; of the `chosen` ones, or all."""
        return {
            picture.number: one.candidate
            for picture, one in zip(self.pictures, self.judged, strict=True)
            if one.candidate is not None and (chosen is None or picture.number in chosen)
        }


def asked_in(
    person: Annotated[str, Form(pattern="^([0-9a-f]{32})?$")] = "",
    name: Annotated[str, Form(max_length=100)] = "",
    group: Annotated[list[str], Form(max_length=64)] = [],  # noqa: B006 - FastAPI copies it
    picture: Annotated[list[int], Form(max_length=MOST_PICTURES)] = [],  # noqa: B006
    looked: Annotated[bool, Form()] = False,
) -> NamingAsked:
    return NamingAsked(person, name, tuple(group), tuple(picture), looked)


class VisitObstacleError(Exception):
    """A visit cannot be given a name."""

    def __init__(self, visit: UnknownVisit, obstacle: NamingObstacle) -> None:
        super().__init__(obstacle.value)
        self.visit, self.obstacle = visit, obstacle


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    desk = NamingDesk(console)

    @routes.get(PAGE + "/{door}/{number}/name", dependencies=ENROLS)
    def look(
        request: Request, operator: PhotoLooker, door: DoorId, number: RecordNumber
    ) -> HTMLResponse:
        """Who it may be; that the visit was compared with everybody is on record first."""
        try:
            found = desk.looked_at(operator, door, number, console.words(request))
        except VisitObstacleError as error:
            return desk.obstacle(request, operator, error)
        return desk.page(request, operator, found)

    @routes.post(PAGE + "/{door}/{number}/name", dependencies=ENROLS)
    def name(
        request: Request,
        operator: PhotoLooker,
        door: DoorId,
        number: RecordNumber,
        asked: Annotated[NamingAsked, Depends(asked_in)],
    ) -> Response:
        if asked.groups:
            require(request, operator, Capability.RULES)
        try:
            found = desk.looked_at(operator, door, number, console.words(request))
        except VisitObstacleError as error:
            return desk.obstacle(request, operator, error)
        try:
            kept = desk.name(found, operator, asked, console.words(request))
        except (FaceError, PersonError, InputError) as error:
            desk.refused(found.visit, operator, type(error).__name__)
            return desk.page(request, operator, found, asked, error)
        except AccessctlError as error:
            desk.refused(found.visit, operator, type(error).__name__)
            raise
        return RedirectResponse(f"/people/{kept.id}", SEE_OTHER)

    @routes.get("/people/{person}/portrait", dependencies=ENROLS)
    def portrait(operator: PhotoLooker, person: Id) -> Response:
        """The best photo of somebody enrolled; that it was shown is on record first."""
        console.record(JournalKind.SHOWN, operator, "photo of a person", person=person)
        jpeg = console.hub.people.portrait(PersonId(person))
        if jpeg is None:
            raise HTTPException(NOT_FOUND)
        return Response(small_jpeg(jpeg), media_type="image/jpeg")

    return routes


class NamingDesk:
    """What the pages do with a visit; everything raises StoreError."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._naming = VisitNaming(console.hub)

    def looked_at(self, operator: Operator, door: str, number: int, words: Words) -> LookedAt:
        """The visit of that decision, judged by the enrolment's own checks; VisitObstacleError, and
        HubError, ModelError as of the photo desk."""
        visit = self._naming.visit(door, number)
        if visit is None:
            raise HTTPException(NOT_FOUND)
        obstacle = obstacle_to(visit)
        if obstacle is not None:
            raise VisitObstacleError(visit, obstacle)
        self._console.record(JournalKind.ACT, operator, "compare a visit", door=door, number=number)
        try:
            pictures = self._naming.pictures(visit)
        except AlteredPictureError as error:
            log.error("A visit cannot be named: %s", error)
            raise VisitObstacleError(visit, NamingObstacle.ALTERED) from error
        if not pictures:
            raise VisitObstacleError(visit, NamingObstacle.NO_PICTURE)
        handed_in = [
            HandedIn(picture_label(at, picture, words), picture.jpeg)
            for at, picture in enumerate(pictures, 1)
        ]
        return LookedAt(visit, pictures, self._console.photos.judge(handed_in))

    def name(self, found: LookedAt, operator: Operator, asked: NamingAsked, words: Words) -> Person:
        """Whom the visit shows from now on; InputError, FaceError and PersonError for what the form
        says, HubError where somebody was faster."""
        photos = found.photos(asked.pictures)
        if not asked.looked:
            raise InputError(words("naming.look_first"))
        if not photos or len(photos) < len(set(asked.pictures)):
            raise InputError(words("naming.choose"))
        if not set(asked.groups) <= self._console.hub.site.access().groups.keys():
            raise InputError(words("naming.no_such_group"))

        def change(to: Administration) -> Person:
            if asked.person:
                whose = self._people().get(PersonId(asked.person))
                if whose is None:
                    raise InputError(words("naming.gone"))
                return to.add_photos(whose.name, list(photos.values()))
            kept = to.enrol(asked.name, list(photos.values()))
            if asked.groups:
                to.change_rules(kept.name, lambda rules: replace(rules, groups=asked.groups))
            return kept

        return self._naming.name(found.visit, list(photos), operator.name, change)

    def refused(self, visit: UnknownVisit, operator: Operator, why: str) -> None:
        """On record, without what an error tells: it may name people."""
        place = visit.one.place
        self._console.refused(operator, WHAT, door=place.door, number=place.number, why=why)

    def page(
        self,
        request: Request,
        operator: Operator,
        found: LookedAt,
        asked: NamingAsked = NOTHING_ASKED,
        error: AccessctlError | None = None,
    ) -> HTMLResponse:
        words = self._console.words(request)
        events = [one.event for one in found.visit.decisions]
        told = "" if error is None else str(error)
        if isinstance(error, MisfitError):
            told = words("naming.misfit")
        hub = self._console.hub
        return self._shown(
            request,
            operator,
            found.visit,
            200 if error is None else WRONG,
            told=told,
            asked=asked,
            life=life_in(events),
            pictures=shown_pictures(found.pictures, found.judged),
            likely=self._likely(found, words),
            groups=sorted(hub.site.access().groups),
            needs_consent=hub.withholding.is_required,
        )

    def obstacle(
        self, request: Request, operator: Operator, error: VisitObstacleError
    ) -> HTMLResponse:
        """Why it cannot be named; that it was refused is on record."""
        self.refused(error.visit, operator, error.obstacle.value)
        named = self._people().get(error.visit.named or PersonId(""))
        return self._shown(
            request, operator, error.visit, CONFLICT, obstacle=error.obstacle.value, named=named
        )

    def _likely(self, found: LookedAt, words: Words) -> Likely:
        people = self._console.hub.people
        site = SiteFaces(self._people(), people.pictured(), people.withheld())
        photos = list(found.photos().values())
        return likely(photos, PhotoVetting(people), site, found.visit.one.event, words)

    def _people(self) -> dict[PersonId, Person]:
        return {person.id: person for person in self._console.hub.people.people()}

    def _shown(
        self,
        request: Request,
        operator: Operator,
        visit: UnknownVisit,
        status: int,
        **known: object,
    ) -> HTMLResponse:
        words, one = self._console.words(request), visit.one
        shown = {"obstacle": "", "named": None, "pictures": (), **known}
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
