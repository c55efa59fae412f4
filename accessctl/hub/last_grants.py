"""When each person was let in last, at any door, read from the doors' records as they arrive."""

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from accessctl.domain import EventKind, Outcome
from accessctl.hub.crossings import PERSON as PERSON_ID
from accessctl.hub.database import HubDatabase
from accessctl.hub.intake import TakenRecord
from accessctl.hub.tables import LAST_GRANT, PERSON


def take_grants(
    database: HubDatabase,
    db: Connection,
    door: str,
    taken: Iterable[TakenRecord],
    now: float,
) -> None:
    """Bring up to date when those were let in whom these records of a door tell of, in the
    caller's transaction; a time that is yet to come (`now` is epoch time) counts as now.

    Of somebody who is not enrolled nothing is kept.
    """
    granted = grants_in(taken, now)
    if not granted:
        return
    enrolled = db.execute(select(PERSON.c.id).where(PERSON.c.id.in_(granted))).scalars()
    # In one order, so that of two doors' batches none waits for the other.
    rows = [
        {"person": person, "time": granted[person], "door": door} for person in sorted(enrolled)
    ]
    if not rows:
        return
    insert = (sqlite.insert if database.is_embedded else postgresql.insert)(LAST_GRANT)
    is_later = insert.excluded.time > LAST_GRANT.c.time
    later = {
        name: case((is_later, insert.excluded[name]), else_=LAST_GRANT.c[name])
        for name in ("time", "door")
    }
    db.execute(insert.on_conflict_do_update(index_elements=["person"], set_=later), rows)


def grants_in(taken: Iterable[TakenRecord], now: float) -> Mapping[str, float]:
    """By the ids of people when the records say that they were granted last, epoch seconds."""
    found: dict[str, float] = {}
    for one in taken:
        _, time, kind, person, text = json.loads(one.record)
        if kind != EventKind.DECISION or json.loads(text).get("decision") != Outcome.GRANTED:
            continue
        # Its door may be anybody's.
        if isinstance(person, str) and PERSON_ID.fullmatch(person):
            found[person] = max(found.get(person, 0.0), min(float(time), now))
    return found


def forget_removed(db: Connection) -> int:
    """Take out those who are not enrolled any more; how many."""
    left = LAST_GRANT.c.person.not_in(select(PERSON.c.id))
    return db.execute(delete(LAST_GRANT).where(left)).rowcount
