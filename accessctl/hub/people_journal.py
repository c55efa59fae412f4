"""Where the changes of a site's people are written down: the hub's own journal.

administration.changes.Administration writes an event of each change to a log; given this, it is one
record of the journal, in the very transaction in which the people change: neither is there without
the other. Records name people by ids alone.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from accessctl.domain import Event
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people import SitePeople

MAX_OPERATOR = 64
NOTHING: Mapping[str, Any] = MappingProxyType({})


class PeopleJournal:
    """A log as Administration needs it, of what `operator` does; StoreError."""

    def __init__(
        self,
        database: HubDatabase,
        people: SitePeople,
        operator: str,
        more: Mapping[str, Any] = NOTHING,
    ) -> None:
        """`more`: JSON values that each record tells besides."""
        self._more = more
        self._database = database
        self._people = people
        self._operator = operator[:MAX_OPERATOR]

    def append(self, event: Event) -> int:
        """The number of its record."""
        told = {**self._more, **event.data, "person": event.person, "operator": self._operator}
        with self._people.transaction() as db:
            return write_journal(self._database, db, JournalKind.PERSON, event.time, told)

    def query(self, **_: object) -> Iterator[tuple[int, Event]]:
        """Nothing: it is asked for marks of galleries, and this one's are the journal's own."""
        return iter(())
