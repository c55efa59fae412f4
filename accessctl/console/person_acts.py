"""What operators do to one person of the site, each with its record in the journal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from accessctl.administration.changes import Administration
from accessctl.console.capabilities import Operator
from accessctl.domain import Person, PersonId
from accessctl.hub.people_journal import PeopleJournal

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE = "/people"
SEE_OTHER, NOT_FOUND = 303, 404


def person_of(console: "Console", person: str) -> Person:
    """By the id; a page that is not there for nobody."""
    for one in console.hub.people.people():
        if one.id == person:
            return one
    raise HTTPException(NOT_FOUND)


def removable(console: "Console", person: str) -> Person:
    """Also somebody damaged, who is called by their id."""
    if person in console.hub.people.damaged():
        return Person(PersonId(person), person, 0, 0.0)
    return person_of(console, person)


@contextmanager
def named(console: "Console", person: str) -> Iterator[str]:
    """The name of whoever has that id, which nobody changes meanwhile; UnknownPersonError."""
    with console.hub.people.changing() as edit:
        yield edit.find(person).name


def changed_by(
    console: "Console",
    operator: Operator,
    person: str,
    change: Callable[[Administration, Person], object],
    find: "Callable[[Console, str], Person]" = person_of,
) -> RedirectResponse:
    """Back to the person's page once that is changed, of whoever has that id: nobody gets another
    name meanwhile."""
    people = console.hub.people
    journal = PeopleJournal(console.hub.database, people, operator.name)
    with people.changing():
        change(Administration(people, journal, console.now), find(console, person))
    return RedirectResponse(f"{PAGE}/{person}", SEE_OTHER)
