"""A visit of somebody unknown gets a name: its pictures, which the door sent, become photos of
somebody new or of somebody enrolled.

Whether it may be named is `policy.naming`' concern. Its pictures are its person's from then on, and
go with them when they are removed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accessctl.administration.changes import Administration
from accessctl.domain import EventKind, Person, PersonId
from accessctl.hub.assembly import Hub
from accessctl.hub.event_search import EventSearch, SiteEvent
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.pictures import claim_pictures
from accessctl.policy.naming import NamingObstacle, obstacle_in, obstacle_to

MOST_PICTURES = 10
"""Of one visit, the first ones, as many as are judged at once."""


@dataclass(frozen=True, slots=True)
class UnknownVisit:
    """A visit's decisions, the oldest first, `one` of them asked for; of those numbers of records
    whose picture is here `pictures` tells whom it was said to show, None: nobody."""

    one: SiteEvent
    decisions: tuple[SiteEvent, ...]
    pictures: Mapping[int, str | None]

    @property
    def door(self) -> str:
        """The door's id."""
        return self.one.place.door

    @property
    def named(self) -> PersonId | None:
        """Whom an operator said that it shows."""
        return next((PersonId(whose) for whose in self.pictures.values() if whose), None)

    @property
    def obstacle(self) -> NamingObstacle | None:
        """The first thing that speaks against naming it; None: nothing does."""
        events = [one.event for one in self.decisions]
        is_named = self.named is not None
        return obstacle_to(events, is_named=is_named, has_pictures=bool(self.pictures))

    def told(self) -> dict[str, Any]:
        """Which records it is, as JSON: their hashes say that they are those."""
        records = {str(one.place.number): one.hash.hex() for one in self.decisions}
        return {"door": self.door, "visit": self.one.event.data.get("visit"), "records": records}


@dataclass(frozen=True, slots=True)
class VisitPicture:
    """The picture (JPEG) of the record of that number."""

    number: int
    time: float
    jpeg: bytes = field(repr=False)


class VisitNaming:
    """Of a hub that is open; everything raises StoreError."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._search = EventSearch(hub.database)

    def visit(self, door: str, number: int) -> UnknownVisit | None:
        """The visit of which that decision is, None where there is none; a door by its id."""
        one = self._search.one(door, number)
        if one is None or one.event.kind is not EventKind.DECISION:
            return None
        decisions = self._search.visit_of(one)
        whose = self._hub.pictures.whose((door, other.place.number) for other in decisions)
        pictures = {number: person for (_, number), person in sorted(whose.items())}
        return UnknownVisit(one, decisions, pictures)

    def open_among(self, events: Iterable[SiteEvent]) -> frozenset[tuple[str, int]]:
        """Doors and numbers of those decisions that may be looked at for naming: unknown, with a
        picture here that shows nobody yet, and by themselves without an obstacle."""
        wanted = {
            (one.place.door, one.place.number)
            for one in events
            if one.event.kind is EventKind.DECISION and obstacle_in(one.event) is None
        }
        whose = self._hub.pictures.whose(wanted)
        return frozenset(place for place, person in whose.items() if person is None)

    def pictures(self, visit: UnknownVisit) -> list[VisitPicture]:
        """Of a visit without an obstacle, the oldest first; AlteredPictureError."""
        found: list[VisitPicture] = []
        for one in visit.decisions:
            jpeg = None
            if one.place.number in visit.pictures and len(found) < MOST_PICTURES:
                jpeg = self._hub.pictures.of(visit.door, one.place.number)
            if jpeg is not None:
                found.append(VisitPicture(one.place.number, one.event.time, jpeg))
        return found

    def name(
        self,
        visit: UnknownVisit,
        chosen: Sequence[int],
        operator: str,
        change: Callable[[Administration], Person],
    ) -> Person:
        """Whoever `change` enrols, or adds photos to, is whom the `chosen` pictures show, in one
        transaction with its records in the journal, which say which decisions it came from.

        HubError where somebody was faster, whatever `change` raises; then nothing is changed.
        """
        hub = self._hub
        with hub.people.changing() as edit:
            journal = PeopleJournal(hub.database, hub.people, operator, visit.told())
            person = change(Administration(hub.people, journal, hub.now))
            claim_pictures(edit.db, visit.door, list(visit.pictures), chosen, person.id)
        return person
