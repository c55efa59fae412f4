"""What the site's doors really do: counted from the records of the last weeks, door by door."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from accessctl.console.asking import Looker
from accessctl.console.figures import site_figures, together
from accessctl.console.truth_view import door_lines, plots_of, rate_said, worst_of
from accessctl.domain import EventKind
from accessctl.hub.event_search import EventFilter, EventSearch

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE = "/figures"
WEEKS_S = 90 * 86400.0
MOST_DECISIONS = 10_000


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    search = EventSearch(console.hub.database)

    @routes.get(PAGE)
    def figures(
        request: Request, operator: Looker, door: Annotated[str, Query(max_length=100)] = ""
    ) -> HTMLResponse:
        """Of all doors, or of one of them; the latest decisions where there are too many."""
        words, now = console.words(request), console.now()
        wanted = EventFilter(
            kind=EventKind.DECISION, door=door or None, since=now - WEEKS_S, until=now
        )
        events = list(islice(search.every(wanted), MOST_DECISIONS + 1))
        cut = events[-1].event.time if len(events) > MOST_DECISIONS else None
        begun = now - WEEKS_S if cut is None else cut
        found = site_figures(events[:MOST_DECISIONS], begun, now, console.zone)
        weeks = found.of(None)
        return console.page(
            request,
            "truth.html",
            operator,
            door=door,
            doors=sorted({one.name for one in console.hub.doors.listed()} | {door} - {""}),
            count=together(weeks).decisions,
            worst=worst_of(found, words),
            rate=rate_said(together(weeks), words),
            plots=plots_of(found.weeks, weeks, words),
            lines=door_lines(found, words),
            cut="" if cut is None else words.moment(cut),
        )

    return routes
