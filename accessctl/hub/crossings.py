"""Who went which way last, at each door of an area, read from the doors' records as they arrive.

One row for each door, area and person: what that door's log says last, by the rule by which the
door itself reads it (administration.crossings). Each row that changes takes the next number, so
that a door hears of what changed at the others by asking for what is later than it has.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from accessctl.administration.crossings import Went, inside_by, latest_of, went_after
from accessctl.domain import Event, EventKind, PersonId
from accessctl.hub.database import CROSSING_LOCK, HubDatabase
from accessctl.hub.intake import TakenRecord
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import CROSSING
from accessctl.hub.waking import notify
from accessctl.sync.feed_wire import MAX_CROSSINGS, Crossed

PERSON = re.compile(r"[0-9a-f]{32}")
AREA = re.compile(r"[\w.-]{1,64}")
VISIT = re.compile(r"[\w.-]{1,64}")
NOTHING_KNOWN = Went("forgiven", 0.0)
"""What a log says of somebody who did not go through after all, and did not before."""


@dataclass(frozen=True, slots=True)
class InsideSite:
    """Somebody who is inside an area of the site, since `age_s` seconds ago."""

    area: str
    person: PersonId
    age_s: float


class SiteAreas:
    """The crossings of all doors; everything raises StoreError. `now` is epoch time."""

    def __init__(self, database: HubDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def after(self, door: str, area: str, number: int) -> tuple[tuple[Crossed, ...], int]:
        """What the area's other doors say that is later than `number`, the oldest first, and the
        number to ask with the next time; from the beginning for a number that is not reached."""
        with self._database.reading() as db:
            newest = newest_crossings(db).get(area, 0)
            since = number if number <= newest else 0
            found = _others(door, area).where(CROSSING.c.number > since)
            rows = db.execute(found.order_by(CROSSING.c.number).limit(MAX_CROSSINGS)).all()
        last = rows[-1].number if len(rows) == MAX_CROSSINGS else newest
        return tuple(map(_crossed, rows)), last

    def inside(
        self, reset_after_s: float, operator: str, area: str | None = None
    ) -> list[InsideSite]:
        """Who is inside which area, or that one, the longest first; that `operator` asked is in the
        journal before it is answered."""
        query = select(CROSSING)
        with self._database.writing() as db:
            rows = db.execute(query if area is None else query.where(CROSSING.c.area == area)).all()
            found = sorted(_inside(rows, self._now(), reset_after_s), key=lambda one: -one.age_s)
            told = {"operator": operator, "area": area, "people": len(found)}
            write_journal(self._database, db, JournalKind.INSIDE_SHOWN, self._now(), told)
        return found


def newest_crossings(db: Connection) -> Mapping[str, int]:
    """The number of the last one by its area."""
    query = select(CROSSING.c.area, func.max(CROSSING.c.number)).group_by(CROSSING.c.area)
    return {row[0]: row[1] for row in db.execute(query)}


def take_crossings(
    database: HubDatabase,
    db: Connection,
    door: str,
    taken: Iterable[TakenRecord],
    now: float,
) -> None:
    """Bring up to date what this door's log says, by the records that follow, in the caller's
    transaction; a time that is yet to come (`now` is epoch time) counts as now."""
    events = [event for event in map(_event, taken) if event is not None]
    if not events:
        return
    people = {person for person, _ in events}
    rows = db.execute(
        select(CROSSING).where(CROSSING.c.door == door, CROSSING.c.person.in_(people))
    ).all()
    known = {(row.area, PersonId(row.person)): _went(row) for row in rows}
    changed = set[tuple[str, PersonId]]()
    for person, event in events:
        changed |= _apply(known, person, event, now)
    if changed:
        _keep(database, db, door, {key: known[key] for key in changed})
        notify(database, db)


def _apply(
    known: dict[tuple[str, PersonId], Went], person: PersonId, event: Event, now: float
) -> set[tuple[str, PersonId]]:
    """Which of them are others after this event."""
    changed = set[tuple[str, PersonId]]()
    named = event.data.get("area")
    areas = {area for area, whose in known if whose == person}
    if isinstance(named, str) and AREA.fullmatch(named):
        areas.add(named)
    event = Event(min(event.time, now), event.kind, event.data, person)
    for area in areas:
        key = area, person
        before = known.get(key)
        after = went_after(before, event, area) or (before and NOTHING_KNOWN)
        if after is not None and after != before:
            known[key] = after
            changed.add(key)
    return changed


def _keep(
    database: HubDatabase,
    db: Connection,
    door: str,
    went: Mapping[tuple[str, PersonId], Went],
) -> None:
    database.lock(db, CROSSING_LOCK)
    newest = db.execute(select(func.max(CROSSING.c.number))).scalar_one() or 0
    for number, ((area, person), last) in enumerate(went.items(), newest + 1):
        its = (CROSSING.c.door == door, CROSSING.c.area == area, CROSSING.c.person == person)
        db.execute(delete(CROSSING).where(*its))
        before = last.before
        db.execute(
            CROSSING.insert().values(
                number=number,
                door=door,
                area=area,
                person=person,
                way=last.way,
                time=last.time,
                visit=last.visit,
                before_way=None if before is None else before.way,
                before_time=None if before is None else before.time,
            )
        )


def _event(record: TakenRecord) -> tuple[PersonId, Event] | None:
    """Whose event a record is that may say something of a crossing; its door may be anybody's, so
    what is not as a door writes it says nothing."""
    _, time, kind, person, text = json.loads(record.record)
    if kind not in set(EventKind) or not isinstance(person, str) or not PERSON.fullmatch(person):
        return None
    data = json.loads(text)
    visit = data.get("visit")
    if visit is not None and not (isinstance(visit, str) and VISIT.fullmatch(visit)):
        return None
    return PersonId(person), Event(float(time), EventKind(kind), data, PersonId(person))


def _went(row: Row[Any]) -> Went:
    before = None if row.before_way is None else Went(row.before_way, row.before_time)
    return Went(row.way, row.time, row.visit, before)


def _others(door: str, area: str) -> Select[Any]:
    return select(CROSSING).where(CROSSING.c.area == area, CROSSING.c.door != door)


def _crossed(row: Row[Any]) -> Crossed:
    return Crossed(
        door=row.door, person=row.person, area=row.area, direction=row.way, time=row.time
    )


def _inside(rows: Iterable[Row[Any]], now: float, reset_after_s: float) -> Iterator[InsideSite]:
    latest: dict[str, dict[PersonId, Went | None]] = {}
    for row in rows:
        people = latest.setdefault(row.area, {})
        people[PersonId(row.person)] = latest_of(people.get(PersonId(row.person)), _went(row))
    for area, people in latest.items():
        for person, age_s in inside_by(people, now, reset_after_s).items():
            yield InsideSite(area, person, age_s)
