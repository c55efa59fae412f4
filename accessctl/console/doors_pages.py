"""The doors: how each is now, as it changes."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from accessctl.console.asking import Looker
from accessctl.console.command_pages import posture_choices
from accessctl.console.door_view import door_cards, tally_of
from accessctl.console.fragments import unless_known
from accessctl.console.names import site_names
from accessctl.hub.door_states import DoorStates
from accessctl.hub.event_search import EventSearch

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE, CARDS = "/doors", "/doors/cards"
MANY = 6
"""From so many doors on one is looked for by its name."""
Named = Annotated[str, Query(max_length=64)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    states = DoorStates(EventSearch(console.hub.database))

    def shown(request: Request) -> dict[str, object]:
        hub, words = console.hub, console.words(request)
        doors = hub.doors.listed()
        cards = door_cards(
            doors,
            states.of(doors),
            hub.records.alarms(),
            words,
            site_names(hub),
            now=console.now(),
        )
        return {
            "cards": cards,
            "tally": tally_of(cards, words),
            "poll": CARDS,
            "postures": posture_choices(words),
        }

    @routes.get(PAGE)
    def doors(
        request: Request, operator: Looker, named: Named = "", ill: bool = False
    ) -> HTMLResponse:
        """All of them; those whose name does not hold what is sought, and with `ill` those that are
        in order, are hidden, until somebody looks for others."""
        known = shown(request)
        sought = {"named": named, "ill": ill, "many": MANY, "sifted": bool(named or ill)}
        return console.page(request, "doors.html", operator, part=False, **sought, **known)

    @routes.get(CARDS)
    def cards(request: Request, operator: Looker) -> Response:
        """The parts that change."""
        page = console.page(request, "doors_cards.html", operator, part=True, **shown(request))
        return unless_known(request, page)

    return routes
