"""The doors' events, the latest first, found by what an operator asks for: a page at a time.

What a record tells stands in its bytes alone, as the door wrote it. A search goes backwards in time
along an index, has the database look for the words in the bytes, and ends after so many records,
found or not: whoever asks may go on from there. So no question holds the database up.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from accessctl.audit.schema import LATEST, event_of
from accessctl.domain import Event, EventKind, Outcome, PersonId, Reason
from accessctl.errors import InputError, StoreError
from accessctl.hub.database import PAGE, HubDatabase
from accessctl.hub.tables import DOOR, EVENT

SEARCHED = 20_000
"""So many records are looked through at once."""
VISIT_RECORDS = 5000
"""Decisions of one visit are looked for among so many of its door's records before and after, and
not by their times: a clock that is set meanwhile parts no visit."""
OVERLAP_S = 120.0
"""What is new is looked for so far back: doors' clocks differ, and so does the way to the hub."""

_PLACE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)~([0-9a-f]{1,32})~([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class EventPlace:
    """Where an event stands among all: `time` is epoch seconds, `door` the door's id."""

    time: float
    door: str
    number: int

    def __str__(self) -> str:
        return f"{self.time:.9f}~{self.door}~{self.number}"


def place_in(text: str) -> EventPlace:
    """What str() made of a place; InputError."""
    found = _PLACE.fullmatch(text)
    if found is None or not float(found[1]) <= LATEST:
        raise InputError("That is no place among the events; begin anew from the latest ones.")
    return EventPlace(float(found[1]), found[2], int(found[3]))


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What is asked for; None asks for nothing. `door` is a name, `visit` what a door calls one,
    `since` (inclusive) and `until` (exclusive) are epoch seconds."""

    door: str | None = None
    kind: EventKind | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    person: PersonId | None = None
    visit: str | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """An event as a door wrote it: `name` is the door's, `hash` the record's (32 bytes)."""

    place: EventPlace
    name: str
    event: Event
    hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventPage:
    """The latest first; `further` is where to go on, None where nothing is left to look at.

    `complete` is False where the search ended before the page was full and before the end."""

    events: tuple[SiteEvent, ...]
    further: EventPlace | None
    complete: bool


class EventSearch:
    """Searches of the hub's events; everything raises StoreError."""

    def __init__(self, database: HubDatabase, searched: int = SEARCHED) -> None:
        self._database = database
        self._searched = searched

    def page(self, wanted: EventFilter, count: int, before: EventPlace | None = None) -> EventPage:
        """At most `count` events that fit and lie before that place."""
        looked_at = self._looked_at(wanted, before)
        with self._database.reading() as db:
            rows = db.execute(self._matching(looked_at, wanted).limit(count + 1)).all()
            last = db.execute(looked_at.offset(self._searched - 1).limit(1)).first()
        events = tuple(map(_site_event, rows[:count]))
        if len(rows) > count:
            return EventPage(events, events[-1].place, complete=True)
        further = None if last is None else EventPlace(last.time, last.door, last.number)
        return EventPage(events, further, complete=further is None)

    def newest(self, wanted: EventFilter, count: int, since: EventPlace) -> tuple[SiteEvent, ...]:
        """At most `count` events that fit, back to some time before that place: among them is what
        has come since, whatever the doors' clocks say."""
        begin = max(since.time - OVERLAP_S, wanted.since or 0.0)
        looked_at = self._looked_at(wanted, None).where(EVENT.c.time >= begin)
        with self._database.reading() as db:
            rows = db.execute(self._matching(looked_at, wanted).limit(count)).all()
        return tuple(map(_site_event, rows))

    def every(self, wanted: EventFilter) -> Iterator[SiteEvent]:
        """All events that fit, the latest first, as many as there are when it is asked."""
        before: EventPlace | None = None
        while True:
            page = self.page(wanted, PAGE, before)
            yield from page.events
            if page.further is None:
                return
            before = page.further

    def following(self, door: str, number: int) -> list[SiteEvent]:
        """The records of the door of that id that come after that one, the oldest first, as many
        as are looked through at once."""
        query = _records().where(EVENT.c.door == door, EVENT.c.number > number)
        with self._database.reading() as db:
            rows = db.execute(query.order_by(EVENT.c.number).limit(self._searched)).all()
        return [_site_event(row) for row in rows]

    def one(self, door: str, number: int) -> SiteEvent | None:
        """That record of the door of that id, None where it is not here."""
        query = _records().where(EVENT.c.door == door, EVENT.c.number == number)
        with self._database.reading() as db:
            row = db.execute(query).first()
        return None if row is None else _site_event(row)

    def visit_of(self, one: SiteEvent) -> tuple[SiteEvent, ...]:
        """All decisions of the visit that this one is of, itself among them, the oldest first."""
        visit = one.event.data.get("visit")
        if not isinstance(visit, str):
            return (one,)
        place, number = one.place, EVENT.c.number
        near = _records().where(
            EVENT.c.door == place.door,
            EVENT.c.kind == EventKind.DECISION.value,
            number.between(place.number - VISIT_RECORDS, place.number + VISIT_RECORDS),
        )
        query = self._matching(near.order_by(number.desc()), EventFilter(visit=visit))
        with self._database.reading() as db:
            found = map(_site_event, db.execute(query).all())
        its = {
            other.place.number: other for other in found if other.event.data.get("visit") == visit
        }
        return tuple(event for _, event in sorted({place.number: one, **its}.items()))

    def _looked_at(self, wanted: EventFilter, before: EventPlace | None) -> Select[Any]:
        query = _records()
        if wanted.door is not None:
            query = query.where(DOOR.c.name == wanted.door)
        kind = EventKind.DECISION if wanted.outcome or wanted.reason else wanted.kind
        if kind is not None:
            query = query.where(EVENT.c.kind == kind.value)
        if wanted.since is not None:
            query = query.where(EVENT.c.time >= wanted.since)
        if wanted.until is not None:
            query = query.where(EVENT.c.time < wanted.until)
        if before is not None:
            query = query.where(EVENT.c.time <= before.time, _before(before))
        return query.order_by(EVENT.c.time.desc(), EVENT.c.door.desc(), EVENT.c.number.desc())

    def _matching(self, looked_at: Select[Any], wanted: EventFilter) -> Select[Any]:
        some = looked_at.limit(self._searched).subquery()
        query = select(some).order_by(some.c.time.desc(), some.c.door.desc(), some.c.number.desc())
        for words in words_in_record(wanted):
            found = (
                func.instr(some.c.record, words)
                if self._database.is_embedded
                else func.pg_catalog.position(some.c.record, words)
            )
            query = query.where(found > 0)
        return query


def words_in_record(wanted: EventFilter) -> Sequence[bytes]:
    """The bytes that a record holds where it fits and nowhere else, see accessctl.audit.schema:
    within the data, which is JSON in JSON, a quotation mark follows a backslash."""
    words = []
    if wanted.person is not None:
        words.append(f'",{json.dumps(wanted.person)},"{{')
    if wanted.outcome is not None:
        words.append(rf"\"decision\":\"{wanted.outcome.value}\"")
    if wanted.reason is not None:
        words.append(rf"\"reason\":\"{wanted.reason.value}\"")
    if wanted.visit is not None:
        words.append(json.dumps(f'"visit":{json.dumps(wanted.visit)}')[1:-1])
    return [word.encode("ascii") for word in words]


def _records() -> Select[Any]:
    """Of the kinds that this hub has words for: a newer door may tell of others."""
    return (
        select(
            EVENT.c.door, EVENT.c.number, EVENT.c.time, EVENT.c.record, EVENT.c.hash, DOOR.c.name
        )
        .join(DOOR, DOOR.c.id == EVENT.c.door)
        .where(EVENT.c.kind.in_([kind.value for kind in EventKind]))
    )


def _before(place: EventPlace) -> ColumnElement[bool]:
    time, door, number = EVENT.c.time, EVENT.c.door, EVENT.c.number
    return or_(
        time < place.time,
        and_(time == place.time, door < place.door),
        and_(time == place.time, door == place.door, number < place.number),
    )


def _site_event(row: Row[Any]) -> SiteEvent:
    place = EventPlace(row.time, row.door, row.number)
    _, time, kind, person, data = json.loads(row.record)
    try:
        event = event_of((time, kind, person, data))
    except ValueError as error:
        raise StoreError(
            f"Record {row.number} of the door {row.name} cannot be read ({error}); see "
            "`accessctl hub verify`."
        ) from error
    return SiteEvent(place, row.name, event, bytes(row.hash))
