"""A visit of somebody unknown gets a name: its pictures, which the door sent, become photos of
somebody new or of somebody enrolled.

Where anything spoke against life nobody is enrolled from it: else whoever holds a picture before a
door has it enrolled. A visit is named once. Its pictures are its person's from then on, and go with
them when they are removed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from accessctl.administration.changes import Administration
from accessctl.domain import Event, EventKind, Outcome, Person, PersonId, Reason
from accessctl.hub.assembly import Hub
from accessctl.hub.event_search import EventSearch, SiteEvent
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.pictures import claim_pictures
from accessctl.policy.circumstances import Proof
from accessctl.policy.evidence_record import EvidenceRecord, from_data

MOST_PICTURES = 10
"""Of one visit, the first ones, as many as are judged at once."""


class NamingObstacle(StrEnum):
    """Why a visit cannot be given a name."""

    KNOWN = "known"
    """The door recognised somebody in it, or it is no visit that was decided."""
    NOT_ALIVE = "not_alive"
    """It was taken for an attack."""
    DOUBTED = "doubted"
    """Something spoke against life, and was not cleared up."""
    NO_EVIDENCE = "no_evidence"
    """A record does not say, in a way that can be read, what spoke for or against life."""
    NAMED = "named"
    NO_PICTURE = "no_picture"
    ALTERED = "altered"
    """A picture is not as its door sealed it."""


class LifeSeen(StrEnum):
    """What the door saw of life in a visit of which nothing spoke against it."""

    SHOWN = "shown"
    UNDECIDED = "undecided"
    NOT_LOOKED = "not_looked"


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


def obstacle_to(visit: UnknownVisit) -> NamingObstacle | None:
    """The first thing that speaks against naming it; None: nothing does."""
    against_life = [obstacle_in(one.event) for one in visit.decisions]
    grave = (NamingObstacle.NOT_ALIVE, NamingObstacle.DOUBTED)
    for obstacle in (*grave, NamingObstacle.NO_EVIDENCE, NamingObstacle.KNOWN):
        if obstacle in against_life:
            return obstacle
    if visit.named is not None:
        return NamingObstacle.NAMED
    return None if visit.pictures else NamingObstacle.NO_PICTURE


def obstacle_in(event: Event) -> NamingObstacle | None:
    """What one decision says against naming its visit; None: nothing."""
    if event.data.get("reason") == Reason.NOT_LIVE:
        return NamingObstacle.NOT_ALIVE
    recorded = _evidence(event)
    if recorded is None:
        return NamingObstacle.NO_EVIDENCE
    if recorded.liveness is Proof.REFUTED or recorded.cues.vetoes:
        return NamingObstacle.NOT_ALIVE
    if recorded.doubted or recorded.cues.doubts_attack or recorded.cues.failure is not None:
        return NamingObstacle.DOUBTED
    is_unknown = event.kind is EventKind.DECISION and event.data.get("decision") == Outcome.UNKNOWN
    return None if is_unknown and event.person is None else NamingObstacle.KNOWN


def life_in(events: Iterable[Event]) -> LifeSeen:
    """What was seen of life in decisions without an obstacle: shown where any of them says so."""
    found = [recorded for recorded in map(_evidence, events) if recorded is not None]
    if any(one.liveness is Proof.SHOWN for one in found):
        return LifeSeen.SHOWN
    is_off = all(one.cues.mode == "off" for one in found)
    return LifeSeen.NOT_LOOKED if is_off else LifeSeen.UNDECIDED


def _evidence(event: Event) -> EvidenceRecord | None:
    try:
        return from_data(event.data["evidence"])
    except (KeyError, ValueError):
        return None


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
