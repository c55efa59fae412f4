"""What is done to one person is done to whoever has that id, with two operators at work, too."""

from threading import Thread

import pytest

from accessctl.administration.changes import Administration
from accessctl.console.app import Console
from accessctl.console.person_acts import changed_by, person_of
from accessctl.domain import Person
from tests.console.sample_site import COLLINS, put_people
from tests.console.site_console import operator_with

NAME, OTHER = "Eileen Collins", "Ada"


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


class Renamer:
    """Somebody else who gives Collins another name, once her name was looked at; waits for them
    as long as somebody does who is not kept waiting."""

    def __init__(self, console: Console) -> None:
        self._thread = Thread(target=lambda: console.hub.people.rename(NAME, OTHER))

    def begin(self) -> None:
        self._thread.start()
        self._thread.join(0.5)

    def end(self) -> None:
        self._thread.join()


def test_a_change_is_of_whoever_has_the_id(site: Console) -> None:
    other = Renamer(site)

    def find(console: Console, person: str) -> Person:
        found = person_of(console, person)
        other.begin()
        return found

    def add_badge(to: Administration, who: Person) -> None:
        to.badges.add(who.name, b"b" * 32)

    changed_by(site, operator_with(site, (), "Grace"), COLLINS, add_badge, find)
    other.end()
    assert site.hub.people.person(OTHER).id == COLLINS
    assert (b"b" * 32, COLLINS) in [(one.digest, one.person) for one in site.hub.people.badges()]
