"""Visitors' passes in the browser: made, shown as a QR code, printed and withdrawn."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from accessctl.console.account_pages import svg_of
from accessctl.console.asking import Enroller, Id
from accessctl.console.event_view import Tone
from accessctl.console.pass_codes import pass_code
from accessctl.console.person_acts import NOT_FOUND, PAGE, SEE_OTHER, named, person_of
from accessctl.console.words import Words
from accessctl.domain import Person, PersonRules
from accessctl.hub.journal import JournalKind
from accessctl.hub.pass_rows import KeptPass
from accessctl.hub.passes import DAY_S, PassWish
from accessctl.hub.tables import JOINED
from accessctl.policy.access import beginning

if TYPE_CHECKING:
    from accessctl.console.app import Console

PassId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
Text = Annotated[str, Form(max_length=100)]
Names = Annotated[list[str], Form(max_length=64)]


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass as a person's page lists it; `counts` is whether its code may still be shown."""

    id: str
    mark: str
    tone: Tone
    sign: str
    span: str
    where: str
    counts: bool


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    passes = console.hub.passes

    def found(person: str, number: str) -> tuple[Person, KeptPass]:
        who = person_of(console, person)
        for one in passes.listed(person):
            if one.id == number:
                return who, one
        raise HTTPException(NOT_FOUND)

    @routes.post(PAGE + "/{person}/passes")
    def make(
        operator: Enroller,
        person: Id,
        begins: Text,
        ends: Text,
        door: Names = [],  # noqa: B006 - FastAPI copies it
        group: Names = [],  # noqa: B006 - FastAPI copies it
    ) -> RedirectResponse:
        person_of(console, person)
        with console.told(operator, "make pass", person=person), named(console, person) as name:
            begin, end = (beginning(text, console.zone) for text in (begins, ends))
            made = passes.make(name, PassWish(begin, end, door, group), operator.name)
        return RedirectResponse(f"{PAGE}/{person}/passes/{made.id}", SEE_OTHER)

    @routes.get(PAGE + "/{person}/passes/{number}")
    def shown(request: Request, operator: Enroller, person: Id, number: PassId) -> HTMLResponse:
        """The code itself; that it was shown is on record first."""
        who, kept = found(person, number)
        text = passes.text_of(kept)
        console.record(JournalKind.SHOWN, operator, "pass", person=person, number=kept.id)
        row = pass_row(kept, _doors(console), console.words(request), console.now())
        picture = svg_of(pass_code(text))
        known = {"person": who, "one": row, "picture": picture, "text": text}
        return console.page(request, "pass.html", operator, **known)

    @routes.post(PAGE + "/{person}/passes/{number}/withdraw")
    def withdraw(operator: Enroller, person: Id, number: PassId) -> RedirectResponse:
        found(person, number)
        with console.told(operator, "withdraw pass", person=person, number=number):
            passes.withdraw(number, operator.name)
        return RedirectResponse(f"{PAGE}/{person}", SEE_OTHER)

    return routes


def passes_known(
    console: "Console", who: Person, rules: PersonRules, words: Words
) -> dict[str, Any]:
    """What a person's page says of their passes, and offers for a new one."""
    now, doors = console.now(), _doors(console)
    joined = [door.name for door in console.hub.doors.listed() if door.state == JOINED]
    return {
        "passes": [pass_row(one, doors, words, now) for one in console.hub.passes.listed(who.id)],
        "pass_doors": joined,
        "pass_groups": rules.groups,
        "pass_begins": words.field(now),
        "pass_ends": words.field(now + DAY_S),
    }


def pass_row(kept: KeptPass, doors: dict[str, str], words: Words, now: float) -> PassRow:
    """`doors` are the names of all that ever joined, by their ids."""
    tone, key = _standing(kept, now)
    return PassRow(
        kept.id,
        kept.mark,
        tone,
        words(key),
        words("pass.span", begins=words.moment(kept.begins), ends=words.moment(kept.ends)),
        _where(kept, doors, words),
        counts=kept.withdrawn is None and now < kept.ends,
    )


def _standing(kept: KeptPass, now: float) -> tuple[Tone, str]:
    if kept.withdrawn is not None:
        return Tone.DENIED, "pass.withdrawn"
    if now < kept.begins:
        return Tone.UNKNOWN, "pass.not_yet"
    return (Tone.GRANTED, "pass.counts") if now < kept.ends else (Tone.UNKNOWN, "pass.over")


def _where(kept: KeptPass, doors: dict[str, str], words: Words) -> str:
    if kept.groups:
        return words("pass.in_groups", groups=_listed(kept.groups))
    if kept.doors:
        return words("pass.at_doors", doors=_listed([doors[door] for door in kept.doors]))
    return words("pass.everywhere")


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)


def _doors(console: "Console") -> dict[str, str]:
    return {door.id: door.name for door in console.hub.doors.listed()}
