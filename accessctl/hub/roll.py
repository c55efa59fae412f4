"""Everybody at the site, opened once and kept in memory by the feed's numbers.

A document is opened when it is new, not at each question: of 10,000 people a change of one costs
one. The names are in memory alone; the database has none in clear.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import Connection, func, select

from accessctl.errors import NameTakenError, StoreError, UnknownPersonError
from accessctl.gallery.person import close_names, name_key, refuse_look_alike, spelt
from accessctl.hub.feed import FeedRow, SiteFeed
from accessctl.hub.tables import CHANGE
from accessctl.storage.seen import first_look_alike
from accessctl.sync.feed_wire import ChangeKind, SitePerson

PEOPLE_KINDS = (ChangeKind.PERSON.value, ChangeKind.GONE.value)


@dataclass(frozen=True, slots=True)
class Everybody:
    """The people as they were after the change `seq`, the last one of a person: by their ids, and
    their ids by the keys of their names. `damaged` are the ids of those whose document cannot be
    opened, of whom nobody knows the name."""

    seq: int = 0
    people: Mapping[str, SitePerson] = field(default_factory=dict, repr=False)
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    damaged: frozenset[str] = frozenset()

    def named(self, name: str) -> SitePerson:
        """Whoever has this name, whatever its case; UnknownPersonError."""
        found = self.names.get(name_key(spelt(name)))
        if found is not None:
            return self.people[found]
        close = close_names(name, (person.name for person in self.people.values()))
        hint = (
            f"did you mean {' or '.join(repr(other) for other in close)}?"
            if close
            else self._damage or "`accessctl hub people` lists everybody."
        )
        raise UnknownPersonError(f"Nobody called {name!r} is enrolled; {hint}")

    @property
    def _damage(self) -> str:
        if not self.damaged:
            return ""
        return (
            f"whose document is damaged has no name here: {', '.join(sorted(self.damaged)[:3])}; "
            "restore the hub from a backup, or remove them: accessctl hub people remove ID"
        )

    def refuse_taken(self, name: str, owner: str | None) -> None:
        """NameTakenError where somebody else than `owner` (an id) has this name, or one that looks
        like it."""
        other = self.owner_of(name)
        if other not in (None, owner):
            taken = self.people[str(other)].name
            raise NameTakenError(
                f"'{taken}' is enrolled already; choose another name, or add the photo to that "
                "person."
            )
        others = (person.name for person in self.people.values() if person.id != owner)
        refuse_look_alike(name, others)

    def owner_of(self, name: str) -> str | None:
        """The id of whoever has this very name, None for nobody."""
        return self.names.get(name_key(name))

    def taken_by(self, name: str) -> SitePerson | None:
        """Whoever has this name, or one that looks like it; None for nobody."""
        found = self.owner_of(name)
        if found is None:
            known = {person.name: person.id for person in self.people.values()}
            alike = first_look_alike(name, known)
            found = None if alike is None else known[alike]
        return None if found is None else self.people[found]

    def with_person(self, person: SitePerson, seq: int) -> "Everybody":
        """The same with this person in place of what they were."""
        return self.followed({person.id: person}, seq)

    def without(self, person: str, seq: int) -> "Everybody":
        return self.followed({person: None}, seq)

    def followed(
        self,
        rows: Mapping[str, SitePerson | None],
        seq: int,
        damaged: frozenset[str] = frozenset(),
    ) -> "Everybody":
        """After these changes, by the person's id; None: gone, or `damaged`."""
        people, names = dict(self.people), dict(self.names)
        for person in rows:
            before = people.pop(person, None)
            if before is not None:
                names.pop(name_key(before.name), None)
        # Names change hands: all old ones are gone before the first new one is put in.
        for person, after in rows.items():
            if after is not None:
                people[person] = after
                names[name_key(after.name)] = person
        return Everybody(seq, people, names, (self.damaged - rows.keys()) | damaged)


class SiteRoll:
    """Everybody as the database has them; any thread may ask. StoreError."""

    def __init__(self, feed: SiteFeed) -> None:
        self._feed = feed
        self._lock = threading.Lock()
        self._kept = Everybody()

    def read(self, db: Connection) -> Everybody:
        """As the caller's transaction sees them, which has changed nobody itself."""
        query = select(func.max(CHANGE.c.seq)).where(CHANGE.c.kind.in_(PEOPLE_KINDS))
        with self._lock:
            seq = db.execute(query).scalar() or 0
            if seq < self._kept.seq:
                # The database was put back to an older state.
                self._kept = Everybody()
            if seq != self._kept.seq:
                since = self._since(db)
                rows = {row.subject: _person(row) for row in since}
                damaged = frozenset(row.subject for row in since if row.is_damaged)
                self._kept = self._kept.followed(rows, seq, damaged)
            return self._kept

    def _since(self, db: Connection) -> list[FeedRow]:
        return list(self._feed.people_after(db, self._kept.seq))


def _person(row: FeedRow) -> SitePerson | None:
    if row.content is None:
        return None
    try:
        return SitePerson.model_validate_json(row.content)
    except ValidationError as error:
        raise StoreError(
            "A person in the hub's database was written by a newer accessctl; install it."
        ) from error
