"""After how long whoever stays away expires: looked at before it is saved, and only then set."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accessctl.console.asking import Clerk, FreshClerk
from accessctl.console.consent_pages import MOST_LISTED, PAGE, SEE_OTHER
from accessctl.console.expiry_view import SpansAsked, foreseen, number_in, shown_days
from accessctl.policy.expiry import ExpirySpans, spans_of_days

if TYPE_CHECKING:
    from accessctl.console.app import Console

Number = Annotated[str, Form(max_length=12)]


def asked_in(
    disable: Number = "",
    remove: Number = "",
    warn: Number = "",
    configured: Annotated[bool, Form()] = False,
) -> SpansAsked:
    return SpansAsked(disable, remove, warn, configured)


Asked = Annotated[SpansAsked, Depends(asked_in)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    expiry = console.hub.expiry

    def chosen(asked: SpansAsked) -> ExpirySpans:
        """InputError."""
        return expiry.settings.configured if asked.configured else spans_in(asked)

    @routes.post(PAGE + "/expiry/try")
    def look(request: Request, operator: Clerk, asked: Asked) -> HTMLResponse:
        """Whom these days would let expire, and when; nothing is saved."""
        spans, present = chosen(asked), expiry.settings.in_force().spans
        found = foreseen(expiry.foresee(spans), console.now())
        state = expiry.state()
        return console.page(
            request,
            "expiry_trial.html",
            operator,
            spans=spans,
            is_same=spans == present and not asked.configured,
            asked=asked,
            seen=shown_days(present),
            found=found,
            most=MOST_LISTED,
            behind=state.behind,
        )

    @routes.post(PAGE + "/expiry")
    def save(
        operator: FreshClerk,
        asked: Asked,
        seen_disable: Number = "",
        seen_remove: Number = "",
        seen_warn: Number = "",
    ) -> Response:
        """What was looked at counts; HubError where others count now than those that were seen."""
        seen = spans_in(SpansAsked(seen_disable, seen_remove, seen_warn, configured=False))
        with console.told(operator, "set expiry"):
            kept = None if asked.configured else spans_in(asked)
            expiry.settings.set(kept, operator.name, seen)
        return RedirectResponse(PAGE, SEE_OTHER)

    return routes


def spans_in(asked: SpansAsked) -> ExpirySpans:
    """InputError."""
    disable = number_in(asked.disable) if asked.disable.strip() else None
    return spans_of_days(disable, number_in(asked.remove), number_in(asked.warn))
