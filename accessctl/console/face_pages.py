"""The photos of whoever is enrolled, for who may see them: each look is on record first."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from accessctl.console.asking import Clerk, Id
from accessctl.console.previews import small_jpeg
from accessctl.domain import PersonId
from accessctl.hub.journal import JournalKind

if TYPE_CHECKING:
    from accessctl.console.app import Console

NOT_FOUND = 404

Number = Annotated[int, Path(ge=1, le=10_000)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    people = console.hub.people

    @routes.get("/people/{person}/portrait")
    def portrait(operator: Clerk, person: Id) -> Response:
        """The best photo of somebody enrolled."""
        console.record(JournalKind.SHOWN, operator, "photo of a person", person=person)
        return _small(people.portrait(PersonId(person)))

    @routes.get("/people/{person}/photos/{number}")
    def photo(operator: Clerk, person: Id, number: Number) -> Response:
        """One of their photos, by its number."""
        found = [one for one in people.photo_entries(PersonId(person)) if one.number == number]
        if not found:
            raise HTTPException(NOT_FOUND)
        told = {"person": person, "number": number}
        console.record(JournalKind.SHOWN, operator, "photo of a person", **told)
        return _small(people.picture(PersonId(person), found[0].id))

    return routes


def _small(jpeg: bytes | None) -> Response:
    if jpeg is None:
        raise HTTPException(NOT_FOUND)
    return Response(small_jpeg(jpeg), media_type="image/jpeg")
