"""What operators have a door do, now: unlock once, another posture, faces on or off."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from accessctl.console.capabilities import Capability, Operator
from accessctl.console.complaints import in_words
from accessctl.console.guard import fresh
from accessctl.console.words import Words
from accessctl.domain import Posture
from accessctl.hub.commands import CommandOutcome, CommandState
from accessctl.sync.commands import RELEASE
from accessctl.sync.feed_wire import CommandKind

if TYPE_CHECKING:
    from accessctl.console.app import Console

NOT_FOUND, CONFLICT = 404, 409
OPEN_HOURS = (1, 4, 8)
"""For how many hours a door may be set to open hours from here."""

Commander = Annotated[Operator, fresh(Capability.COMMAND)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()

    @routes.post("/doors/{door}/commands")
    def command(
        request: Request,
        operator: Commander,
        door: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
        kind: Annotated[CommandKind, Form()],
        value: Annotated[str, Form(max_length=64)] = "",
    ) -> HTMLResponse:
        """Waits for what the door says, some seconds; asked and answered are on record."""
        names = [one.name for one in console.hub.doors.listed() if one.id == door]
        if not names:
            raise HTTPException(NOT_FOUND)
        outcome = console.hub.commands.send(names[0], kind, value, operator.name)
        told = told_of(outcome, names[0], console.words(request))
        status = 200 if outcome.state is CommandState.DONE else CONFLICT
        return console.page(request, "told.html", operator, status, told=told)

    return routes


def told_of(outcome: CommandOutcome, door: str, words: Words) -> str:
    """What became of a command, in one sentence."""
    return words(
        f"doors.command_{outcome.state.value}", door=door, why=in_words(outcome.sentence, words)
    )


def posture_choices(words: Words) -> list[tuple[str, str]]:
    """What a door may be set to, as the command's value and in words."""
    choices = [
        (Posture.NORMAL.value, words("posture.normal")),
        (Posture.LOCKED_DOWN.value, words("posture.locked_down")),
    ]
    choices += [
        (f"{Posture.OPEN_HOURS.value} {hours * 3600}", words("doors.open_for", count=hours))
        for hours in OPEN_HOURS
    ]
    return [
        *choices,
        (Posture.EVACUATION.value, words("posture.evacuation")),
        (RELEASE, words("doors.release")),
    ]
