"""What one door gets of the feed: the people of its groups, signed for, from where it is.

A door that is somewhere else than the hub thinks begins anew, with a round: its groups were changed
since it asked, or it has heard of changes that the hub does not know of, because the hub was put
back to an older state. So the hub keeps the newest number that it ever told each door. A round
is over with its last page, and whoever was not in it is gone from that door.

Of people who are none of its own a door is told nothing, but that they are gone where it may have
had them: they left a group, or were withheld, with a change that it has not heard of (`moved`).
That is told under that change's number, not under that of their last one: what changed of them
since is none of this door's, and may stand on a later page, when it counts as told.
"""

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, not_, or_, select, update

from accessctl.hub.authority import Authority
from accessctl.hub.doors import lock_joined
from accessctl.hub.feed import SiteFeed, wire_subject
from accessctl.hub.tables import CHANGE, DOOR_FEED, PERSON
from accessctl.sync.feed_wire import (
    FIRST_KINDS,
    LATER_KINDS,
    MAX_CHANGES,
    Change,
    ChangeBatch,
    ChangeKind,
    KeysAnswer,
)

MAX_PAGE_CHARACTERS = 704 * 1024
"""Of sealed documents in one answer, which may have a mebibyte (wire.MAX_ANSWER_BYTES)."""


@dataclass(frozen=True, slots=True)
class DoorScope:
    """Which people a door has part in: of these groups, None for everybody. Since which change,
    and of which one it was told last; -R where it was told to begin round R, and has not yet."""

    groups: tuple[str, ...] | None = None
    scoped: int = 0
    told: int = 0

    def has(self, groups: Collection[str]) -> bool:
        """Whether it has part in somebody who is in these groups."""
        return self.groups is None or any(group in self.groups for group in groups)


class DoorFeed:
    """Answers doors; StoreError."""

    def __init__(self, feed: SiteFeed, authority: Authority) -> None:
        self._feed = feed
        self._authority = authority

    def changes_after(
        self,
        door: str,
        after: int,
        round_: int | None = None,
        kinds: Collection[ChangeKind] = tuple(ChangeKind),
    ) -> ChangeBatch:
        """A page of what changed after that number, the oldest first; see begins_anew. Of other
        `kinds` than those the door is told nothing.

        HubError for a door that counts no more.
        """
        with self._feed.database.reading() as db:
            scope, seq = scope_of(db, door), self._feed.seq(db)
            anew = begins_anew(scope, seq, after, round_)
            # Whoever is not named in a round is gone at its end, whenever they left.
            since = max(after, round_ or 0)
            found = changes_to(db, scope, for_door(door, kinds), after, since)
            # One more than a page may have: only people whom nothing is told of are passed over.
            said = [] if anew else list(islice(found, MAX_CHANGES + 1))
        changes, more = page_of(said, MAX_PAGE_CHARACTERS)
        told = -seq if anew else max(seq, scope.told)
        if told != scope.told:
            self._tell(door, scope.told, told)
        return ChangeBatch(
            changes=tuple(changes),
            more=more or anew,
            round=seq if anew else round_,
            head=self._authority.feed_head(door, seq),
        )

    def has_part_after(self, door: str, after: int, kinds: Collection[ChangeKind]) -> bool:
        """Whether a door that has all up to that number has to ask: there is something of these
        kinds for it, or it has to begin anew."""
        with self._feed.database.reading() as db:
            scope = scope_of(db, door)
            if begins_anew(scope, self._feed.seq(db), after, None):
                return True
            found = changes_to(db, scope, for_door(door, kinds), after, after)
            return next(found, None) is not None

    def keys(self, door: str, box: str) -> KeysAnswer:
        """All site keys for this door's public key (X25519, hex); InputError for none."""
        with self._feed.database.reading() as db:
            generations = self._feed.generations(db)
        keys = self._feed.keys
        return KeysAnswer(keys=keys.wrapped(generations, door, box), photos=keys.photos)

    def _tell(self, door: str, before: int, told: int) -> None:
        with self._feed.database.writing() as db:
            lock_joined(db, door)
            known = scope_of(db, door).told
            # What the same door was told meanwhile on another line counts.
            if known == before or min(known, told) >= 0:
                keep_scope(db, door, told=max(known, told) if told >= 0 else told)


def begins_anew(scope: DoorScope, seq: int, after: int, round_: int | None) -> bool:
    """Whether a door that has all up to `after` has to ask for everything again; `seq` is the last
    number of the feed, `round_` what the door says that it was told to begin with.

    A door whose answer was lost does not know of its round, and its number may be one of this
    feed's by the time it asks again: so it is told until it begins that very round.
    """
    if scope.told < 0 and (after, round_) != (0, -scope.told):
        return True
    newest = min(seq, abs(scope.told))
    if round_ is not None and round_ > newest:
        return True
    since = after if round_ is None else round_
    return after > newest or since < scope.scoped


def changes_to(
    db: Connection, scope: DoorScope, mine: ColumnElement[bool], after: int, since: int
) -> Iterator[Change]:
    """What a door of that scope is told of rows that are `mine`, after that number and in order;
    it has heard of whoever left up to `since`, or is about to forget them."""
    shown = _each_row(db, after, and_(mine, _may_show(scope)), CHANGE.c.seq)
    left = _each_row(db, max(after, since), mine, PERSON.c.moved)
    return merge(
        (_shown(row) for row in shown if not _is_hidden(scope, row)),
        (_hidden(row) for row in left if _is_hidden(scope, row)),
        key=lambda change: change.seq,
    )


def changes_for(
    scope: DoorScope, rows: Iterable[Row[Any]], after: int, until: int
) -> Iterator[Change]:
    """What a door of that scope is told of these rows after a number and up to another one."""
    told = (_hidden(row) if _is_hidden(scope, row) else _shown(row) for row in rows)
    between = (change for change in told if after < change.seq <= until)
    yield from sorted(between, key=lambda change: change.seq)


def _is_hidden(scope: DoorScope, row: Row[Any]) -> bool:
    """Whether the row is of somebody of whom the door has no part."""
    if row.kind != ChangeKind.PERSON:
        return False
    return row.withheld is not None or not scope.has(json.loads(row.groups))


def _hidden(row: Row[Any]) -> Change:
    return Change(seq=row.moved, subject=row.subject, kind=ChangeKind.GONE)


def _shown(row: Row[Any]) -> Change:
    kind = ChangeKind(row.kind)
    if row.sealed is None:
        return Change(seq=row.seq, subject=row.subject, kind=kind, removed=row.removed)
    return Change(
        seq=row.seq,
        subject=wire_subject(row.subject, kind),
        kind=kind,
        generation=row.generation,
        wrapped=row.wrapped.hex(),
        sealed=base64.b64encode(row.sealed).decode("ascii"),
    )


def _may_show(scope: DoorScope) -> ColumnElement[bool]:
    """Leaves out, before they are read, most rows that are hidden."""
    is_person = CHANGE.c.kind == ChangeKind.PERSON.value
    if scope.groups is None:
        return or_(not_(is_person), PERSON.c.withheld.is_(None))
    # As `groups` holds them, quotes and all: no name is a part of another one's.
    named = (PERSON.c.groups.contains(json.dumps(one), autoescape=True) for one in scope.groups)
    return or_(not_(is_person), and_(PERSON.c.withheld.is_(None), or_(false(), *named)))


def page_of(changes: Sequence[Change], most: int) -> tuple[Sequence[Change], bool]:
    """The first of the changes, MAX_CHANGES and `most` characters of documents at most but one at
    least, and whether there are more."""
    total = 0
    for number, change in enumerate(changes):
        total += len(change.sealed or "")
        if number and (number == MAX_CHANGES or total > most):
            return changes[:number], True
    return changes, False


def scope_of(db: Connection, door: str) -> DoorScope:
    return scopes_of(db, [door])[door]


def scopes_of(db: Connection, doors: Collection[str]) -> dict[str, DoorScope]:
    """Of each of the doors."""
    rows = db.execute(select(DOOR_FEED).where(DOOR_FEED.c.door.in_(doors)))
    return dict.fromkeys(doors, DoorScope()) | {row.door: _scope_in(row) for row in rows}


def keep_scope(db: Connection, door: str, **values: Any) -> None:
    """Put `groups`, `scoped` or `told` in place of what is kept; the door's row is locked."""
    known = update(DOOR_FEED).where(DOOR_FEED.c.door == door).values(**values)
    if not db.execute(known).rowcount:
        row = {"door": door, "groups": None, "scoped": 0, "told": 0, **values}
        db.execute(DOOR_FEED.insert().values(row))


def kinds_for(knows: Collection[str]) -> tuple[ChangeKind, ...]:
    """Of which kinds a door is told that says which of the later ones it knows."""
    return (*FIRST_KINDS, *(kind for kind in LATER_KINDS if kind in knows))


def for_door(door: str, kinds: Collection[ChangeKind]) -> ColumnElement[bool]:
    """What is said to all doors or to that one, and is of these kinds."""
    mine = or_(CHANGE.c.door.is_(None), CHANGE.c.door == door)
    return and_(mine, CHANGE.c.kind.in_([kind.value for kind in kinds]))


def rows_after(
    db: Connection, after: int, which: ColumnElement[bool], by: ColumnElement[int] = CHANGE.c.seq
) -> Sequence[Row[Any]]:
    """Those changes after that number of what they are ordered `by`, which is none later than a
    change's own, the lowest first; one more than a page may have."""
    query = (
        select(CHANGE, PERSON.c.groups, PERSON.c.withheld, PERSON.c.moved)
        .join(PERSON, PERSON.c.id == CHANGE.c.subject, isouter=True)
        .where(CHANGE.c.seq > after, by > after, which)
        .order_by(by)
        .limit(MAX_CHANGES + 1)
    )
    return db.execute(query).all()


def _each_row(
    db: Connection, after: int, which: ColumnElement[bool], by: ColumnElement[int]
) -> Iterator[Row[Any]]:
    while True:
        rows = rows_after(db, after, which, by)
        yield from rows
        if len(rows) <= MAX_CHANGES:
            return
        after = getattr(rows[-1], str(by.key))


def _scope_in(row: Row[Any]) -> DoorScope:
    groups = None if row.groups is None else tuple(json.loads(row.groups))
    return DoorScope(groups, row.scoped, row.told)
