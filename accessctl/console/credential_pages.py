"""Badges and PINs, as they are set in the browser: never shown again, and in no record."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from accessctl.administration.changes import Administration
from accessctl.console.asking import Enroller, Id
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.guard import fresh
from accessctl.console.person_acts import PAGE, changed_by
from accessctl.domain import Person
from accessctl.errors import InputError
from accessctl.sync.pass_wire import MOST_CHARACTERS

if TYPE_CHECKING:
    from accessctl.console.app import Console

MOST_OF_A_PIN = 64
"""Far more than a PIN has: such a one is refused as too long, and no form as not understood."""

# A PIN is a secret that stands beside the face: whoever finds a browser open shall not choose one.
Proved = Annotated[Operator, fresh(Capability.ENROL)]
Number = Annotated[str, Form(max_length=MOST_CHARACTERS)]
Pin = Annotated[str, Form(max_length=MOST_OF_A_PIN)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()

    @routes.post(PAGE + "/{person}/badges")
    def add_badge(operator: Enroller, person: Id, number: Number) -> RedirectResponse:
        """Typed, or written into the field by a reader that is a keyboard."""

        def added(to: Administration, who: Person) -> None:
            to.badges.add(who.name, to.badges.digest_of(number))

        with console.told(operator, "add badge", person=person):
            return changed_by(console, operator, person, added)

    @routes.post(PAGE + "/{person}/pin")
    def set_pin(operator: Proved, person: Id, pin: Pin, again: Pin) -> RedirectResponse:
        with console.told(operator, "set PIN", person=person):
            if pin != again:
                raise InputError("The two PINs differ; nothing was changed.")
            return changed_by(console, operator, person, lambda to, who: to.set_pin(who.name, pin))

    @routes.post(PAGE + "/{person}/pin/clear")
    def clear_pin(operator: Proved, person: Id) -> RedirectResponse:
        with console.told(operator, "clear PIN", person=person):
            return changed_by(console, operator, person, lambda to, who: to.clear_pin(who.name))

    return routes
