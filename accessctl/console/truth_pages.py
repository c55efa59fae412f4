"""What the site's doors really do: counted from the records of the last weeks, door by door."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from accessctl.console.asking import Looker
from accessctl.console.figures import site_figures, together
from accessctl.console.self_tests import MOST_LISTED, self_test_lines
from accessctl.console.truth_plots import plots_of
from accessctl.console.truth_view import door_tables, rate_said, worst_of
from accessctl.domain import EventKind, Outcome, PersonId
from accessctl.hub.event_search import EventFilter, EventSearch, SiteEvent

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE = "/figures"
WEEKS_S = 90 * 86400.0
MOST_DECISIONS = 10_000
MOST_SERVICE = 20_000
"""Records of the doors' service; a door writes a few a day."""


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
        wanted = replace(wanted, kind=EventKind.SERVICE, since=begun)
        service = list(islice(search.every(wanted), MOST_SERVICE + 1))
        is_cut = len(service) > MOST_SERVICE
        missed = missed_visits(console, events)
        found = site_figures(
            chain(events[:MOST_DECISIONS], service[:MOST_SERVICE]),
            begun,
            now,
            console.zone,
            lambda one: (one.place.door, str(one.event.data.get("visit"))) in missed,
        )
        weeks, tests = found.of(None), self_test_lines(service, words)
        whole = together(weeks)
        return console.page(
            request,
            "truth.html",
            operator,
            door=door,
            doors=sorted({one.name for one in console.hub.doors.listed()} | {door} - {""}),
            count=whole.decisions,
            # A camera that sees nothing is why there are no decisions.
            is_empty=not (whole.decisions or whole.camera),
            worst=worst_of(found, words),
            rate=rate_said(whole, words),
            plots=plots_of(found.weeks, weeks, words),
            tables=door_tables(found, words),
            tests=tests[:MOST_LISTED],
            more_tests=len(tests[MOST_LISTED:]),
            camera_cut=words.moment(service[-1].event.time) if is_cut else "",
            cut="" if cut is None else words.moment(cut),
        )

    return routes


def missed_visits(console: "Console", events: Sequence[SiteEvent]) -> frozenset[tuple[str, str]]:
    """The doors and visits of those unknown decisions whose picture somebody named as of a person
    who was enrolled at that time."""
    unknown = {
        (one.place.door, one.place.number): one
        for one in events
        if one.event.data.get("decision") == Outcome.UNKNOWN
    }
    since = {one.id: one.enrolled for one in console.hub.people.people()}
    return frozenset(
        (place[0], str(unknown[place].event.data.get("visit")))
        for place, person in console.hub.pictures.whose(unknown).items()
        if since.get(PersonId(person or ""), math.inf) <= unknown[place].event.time
    )
