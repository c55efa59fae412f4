"""The text that a site's people consent to, its versions, and who has consented to none."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accessctl.console.asking import Clerk, FreshClerk
from accessctl.console.expiry_view import shown_days
from accessctl.console.privacy_view import tally_of_consents
from accessctl.errors import InputError
from accessctl.hub.consent import MAX_TEXT_BYTES
from accessctl.policy.access import ending

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE = "/consent"
SEE_OTHER = 303
MOST_LISTED = 200


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    consents = console.hub.consents

    @routes.get(PAGE)
    def shown(request: Request, operator: Clerk) -> HTMLResponse:
        state = console.hub.expiry.state()
        in_force = console.hub.expiry.settings.in_force()
        return console.page(
            request,
            "consent.html",
            operator,
            texts=consents.texts()[::-1],
            tally=tally_of_consents(consents.listed()),
            most=MOST_LISTED,
            is_required=console.hub.withholding.is_required,
            in_force=in_force,
            days=shown_days(in_force.spans),
            expiring=state.people,
            behind=state.behind,
        )

    @routes.post(PAGE)
    def add(
        operator: FreshClerk,
        text: Annotated[str, Form(max_length=MAX_TEXT_BYTES)],
        again: Annotated[bool, Form()] = False,
        until: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        """The next version; with `again` everybody is asked anew, and earlier consents count up to
        the end of that day."""
        if again != bool(until):
            raise InputError(
                "Whoever asks everybody anew names the last day on which earlier consents count; "
                "tick the box and give the day, or neither."
            )
        end = ending(until, console.zone) if until else None
        # As a form sends lines, they end otherwise than in the file that was pasted.
        content = text.replace("\r\n", "\n").encode("utf-8")
        with console.told(operator, "text of consent"):
            consents.add_text(content, operator.name, end)
        return RedirectResponse(PAGE, SEE_OTHER)

    return routes
