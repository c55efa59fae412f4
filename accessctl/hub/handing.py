"""What changes reaches the doors that wait with the answer to their wait: they need not ask for it.

One transaction serves all of them, however many there are. It keeps the number that each is told,
as `door_feed` does, before anybody is told. Whoever would have to begin anew, whose row somebody
else works on just now, or for whom there is too much, is handed nothing and asks.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from accessctl.hub.database import HubDatabase
from accessctl.hub.door_feed import (
    DoorScope,
    begins_anew,
    changes_for,
    rows_after,
    scopes_of,
)
from accessctl.hub.tables import CHANGE, DOOR, DOOR_FEED, JOINED, PERSON
from accessctl.hub.waking import Wait
from accessctl.sync.feed_wire import MAX_CHANGES, Change

MAX_HANDED_CHARACTERS = 64 * 1024
"""Of sealed documents with one answer, since those to all doors leave the hub at once."""


class Handing:
    """Hands out what is new; StoreError."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database

    def hand(self, seq: int, waits: Collection[Wait]) -> dict[Wait, tuple[Change, ...]]:
        """All that each has part in of what changed up to the feed's number `seq`, which may be
        nothing. Whoever is not among them has to ask; the others count as told."""
        with self._database.writing() as db:
            scopes = _joined_scopes(db, {wait.door for wait in waits})
            followers = {
                wait: scopes[wait.door]
                for wait in waits
                if wait.door in scopes and _follows(scopes[wait.door], wait, seq)
            }
            if not followers:
                return {}
            after = min(wait.after for wait in followers)
            # Whoever left until then may have changed again since, see door_feed.
            told = or_(CHANGE.c.seq <= seq, PERSON.c.moved.between(after + 1, seq))
            rows = rows_after(db, after, told)
            if len(rows) > MAX_CHANGES:
                return {}
            handed = handed_to(followers, rows, seq)
            _keep_told(db, {wait.door: scopes[wait.door] for wait in handed}, seq)
        return handed


def handed_to(
    followers: Mapping[Wait, DoorScope], rows: Sequence[Row[Any]], seq: int
) -> dict[Wait, tuple[Change, ...]]:
    """What each is told of these rows up to the number `seq`, made once for all who are told the
    same; without those for whom it is too much."""
    alone = {row.door for row in rows if row.door is not None}
    made: dict[Any, tuple[Change, ...]] = {}
    handed = {}
    for wait, scope in followers.items():
        alike = scope.groups, wait.after, wait.door if wait.door in alone else None
        if alike not in made:
            mine = (row for row in rows if row.door in (None, wait.door))
            made[alike] = tuple(changes_for(scope, mine, wait.after, seq))
        if sum(len(change.sealed or "") for change in made[alike]) <= MAX_HANDED_CHARACTERS:
            handed[wait] = made[alike]
    return handed


def _follows(scope: DoorScope, wait: Wait, seq: int) -> bool:
    return wait.after < seq and not begins_anew(scope, seq, wait.after, None)


def _joined_scopes(db: Connection, doors: Collection[str]) -> dict[str, DoorScope]:
    """Of those doors that count, and on which nobody else works; nobody revokes them, or changes
    what they have part in, until the transaction ends."""
    joined = select(DOOR.c.id).where(DOOR.c.id.in_(doors), DOOR.c.state == JOINED)
    # Nobody who is to be told waits for a door that sends its log.
    free = joined.order_by(DOOR.c.id).with_for_update(skip_locked=True, key_share=True)
    return scopes_of(db, db.execute(free).scalars().all())


def _keep_told(db: Connection, doors: Mapping[str, DoorScope], seq: int) -> None:
    behind = [door for door, scope in doors.items() if scope.told < seq]
    if not behind:
        return
    known = select(DOOR_FEED.c.door).where(DOOR_FEED.c.door.in_(behind))
    there = set(db.execute(known).scalars())
    db.execute(update(DOOR_FEED).where(DOOR_FEED.c.door.in_(there)).values(told=seq))
    new = [door for door in behind if door not in there]
    if new:
        rows = [{"door": door, "groups": None, "scoped": 0, "told": seq} for door in new]
        db.execute(DOOR_FEED.insert(), rows)
