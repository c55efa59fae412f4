"""The events of all doors: found by filters, shown as they happen, explained, given out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from accessctl.console.asking import Clerk, Id, Looker
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.event_export import csv_of, json_lines_of
from accessctl.console.event_filters import AskedEvents, asked_events, filter_fields, filter_of
from accessctl.console.event_view import event_days
from accessctl.console.fragments import unless_known
from accessctl.console.names import site_names
from accessctl.console.previews import small_jpeg
from accessctl.console.why import why_of
from accessctl.domain import EventKind, PersonId
from accessctl.hub.event_search import EventPlace, EventSearch, SiteEvent, place_in
from accessctl.hub.journal import JournalKind
from accessctl.hub.naming import VisitNaming

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE, LIST, NEW, EXPORT = "/events", "/events/list", "/events/new", "/events/export"
AT_ONCE = 50
NOT_FOUND = 404
Written = Callable[[Iterable[SiteEvent], Mapping[PersonId, str]], Iterator[str]]
FORMATS: Mapping[str, tuple[Written, str]] = {
    "csv": (csv_of, "text/csv"),
    "jsonl": (json_lines_of, "application/jsonl"),
}

RecordNumber = Annotated[int, Path(ge=1, lt=1 << 63)]


def routes(console: "Console") -> APIRouter:
    routes, search = APIRouter(), EventSearch(console.hub.database)
    _lists(routes, console, search)
    _single(routes, console, search)
    return routes


def _lists(routes: APIRouter, console: "Console", search: EventSearch) -> None:
    @routes.get(PAGE)
    def events(request: Request, operator: Looker) -> HTMLResponse:
        asked = asked_events(request.query_params)
        doors = [door.name for door in console.hub.doors.listed()]
        fields = filter_fields(asked, doors, site_names(console.hub), console.words(request))
        found = _list(console, search, request, operator, asked)
        return console.page(request, "events.html", operator, fields=fields, **found)

    @routes.get(LIST)
    def some(request: Request, operator: Looker) -> HTMLResponse:
        """Only what the filters change."""
        found = _list(console, search, request, operator, asked_events(request.query_params))
        return console.page(request, "events_list.html", operator, **found)

    @routes.get(NEW)
    def new(request: Request, operator: Looker, after: str) -> Response:
        """The latest ones, among them what has come since that place."""
        asked, words = asked_events(request.query_params), console.words(request)
        found = search.newest(filter_of(asked, console.zone), AT_ONCE, place_in(after))
        nameable = _nameable(console, operator, found)
        days = event_days(found, words, site_names(console.hub), nameable)
        return unless_known(request, console.page(request, "events_days.html", operator, days=days))

    @routes.get(EXPORT + ".{form}")
    def export(
        request: Request, operator: Looker, form: Literal["csv", "jsonl"]
    ) -> StreamingResponse:
        """All that fits the filters, however much; that it was given out is on record."""
        asked = asked_events(request.query_params)
        wanted = filter_of(asked, console.zone)
        console.record(JournalKind.ACT, operator, "events given out", filters=asked.given())
        written, media_type = FORMATS[form]
        headers = {"content-disposition": f'attachment; filename="events.{form}"'}
        lines = written(search.every(wanted), site_names(console.hub))
        return StreamingResponse(lines, media_type=media_type, headers=headers)


def _single(routes: APIRouter, console: "Console", search: EventSearch) -> None:
    @routes.get(PAGE + "/{door}/{number}")
    def why(
        request: Request,
        operator: Looker,
        door: Id,
        number: RecordNumber,
    ) -> HTMLResponse:
        """Why that decision was made."""
        one = search.one(door, number)
        if one is None or one.event.kind is not EventKind.DECISION:
            raise HTTPException(NOT_FOUND)
        words, names = console.words(request), site_names(console.hub)
        whose = console.hub.pictures.whose([(door, number)])
        is_here, person = (door, number) in whose, PersonId(whose.get((door, number)) or "")
        return console.page(
            request,
            "event.html",
            operator,
            why=why_of(one.event, words, names),
            when=f"{words.day(one.event.time)}, {words.clock(one.event.time)}",
            door=door,
            door_name=one.name,
            number=number,
            digest=one.hash.hex(),
            pictured=is_here or isinstance(one.event.data.get("snapshot"), str),
            picture_here=is_here,
            picture=picture_path(door, number) if operator.may(Capability.PRIVACY) else "",
            nameable=bool(_nameable(console, operator, [one])),
            named=person if one.event.person is None else "",
            named_as=names.get(person, ""),
        )

    @routes.get(PAGE + "/{door}/{number}/picture")
    def picture(operator: Clerk, door: Id, number: RecordNumber, small: bool = False) -> Response:
        """What the door sent of that decision; that it was looked at is on record first."""
        if not console.hub.pictures.has(door, number):
            raise HTTPException(NOT_FOUND)
        console.record(
            JournalKind.SHOWN, operator, "picture of a decision", door=door, number=number
        )
        jpeg = console.hub.pictures.of(door, number)
        if jpeg is None:
            raise HTTPException(NOT_FOUND)
        return Response(small_jpeg(jpeg) if small else jpeg, media_type="image/jpeg")


def picture_path(door: str, number: int) -> str:
    return f"{PAGE}/{door}/{number}/picture"


def may_name(operator: Operator) -> bool:
    """Whether this operator may see pictures and enrol from them."""
    return operator.may(Capability.PRIVACY) and operator.may(Capability.ENROL)


def _nameable(
    console: "Console", operator: Operator, events: Iterable[SiteEvent]
) -> frozenset[tuple[str, int]]:
    return VisitNaming(console.hub).open_among(events) if may_name(operator) else frozenset()


def _list(
    console: "Console",
    search: EventSearch,
    request: Request,
    operator: Operator,
    asked: AskedEvents,
) -> dict[str, object]:
    """What the list of events shows: from the latest on, or from before a place."""
    words = console.words(request)
    said = request.query_params.get("before")
    before = place_in(said) if said else None
    page = search.page(filter_of(asked, console.zone), AT_ONCE, before)
    newest = page.events[0].place if page.events else EventPlace(console.now(), "0", 0)
    further = page.further
    return {
        "days": event_days(
            page.events,
            words,
            site_names(console.hub),
            _nameable(console, operator, page.events),
        ),
        "live": asked.address(NEW, after=str(newest)) if before is None else "",
        "again": asked.address(LIST),
        "filtered": bool(asked.given()),
        "looked_back": "" if page.complete or further is None else words.moment(further.time),
        "further": "" if further is None else asked.address(PAGE, before=str(further)),
        "further_list": "" if further is None else asked.address(LIST, before=str(further)),
        "exports": {form: asked.address(f"{EXPORT}.{form}") for form in FORMATS},
    }
