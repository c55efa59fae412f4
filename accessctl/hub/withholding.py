"""Who is sent to the doors: kept with each person, and brought up to date where it is another.

The feed asks for nothing but `person.withheld`. Whoever changes a consent, or disables somebody,
settles it in the same transaction; a date that passes, and another configuration, are settled by
the hub at its start and each minute. Each change gives the person a new number in the feed, so
that doors ask for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people import SitePeople
from accessctl.hub.site_edit import SiteEdit
from accessctl.hub.tables import CONSENT, CONSENT_TEXT, DORMANCY, PERSON
from accessctl.policy.consent import (
    ConsentRecord,
    ConsentText,
    ConsentWay,
    Withheld,
    counting,
    withheld_for,
)

CLOCK = "hub"
"""Who changed something that nobody did: a date passed, or the configuration is another."""


@dataclass(frozen=True, slots=True)
class Withholding:
    """Brings `person.withheld` up to date; `is_required` is the configuration's `hub.consent`, and
    `now` epoch time. Everything raises StoreError."""

    database: HubDatabase
    people: SitePeople
    is_required: bool
    now: Callable[[], float]

    def settle(self) -> int:
        """Of everybody; how many are sent, or not, from now on. Nothing is written where all is as
        it should be."""
        with self.database.reading() as db:
            if not self._due(db):
                return 0
        with self.people.changing() as edit:
            return self.settle_in(edit, CLOCK)

    def settle_in(self, edit: SiteEdit, operator: str, person: str | None = None) -> int:
        """The same in a transaction in which people are changed, of one person (an id) or all."""
        due = self._due(edit.db, person)
        for whom, cause in due.items():
            told = {"person": whom, "withheld": cause, "operator": operator}
            write_journal(self.database, edit.db, JournalKind.WITHHELD, self.now(), told)
            edit.withhold(whom, cause)
        return len(due)

    def _due(self, db: Connection, person: str | None = None) -> dict[str, Withheld | None]:
        """By their ids those of whom something else is kept than what should be."""
        texts, consents = texts_in(db), consents_in(db, person)
        rows = select(PERSON.c.id, PERSON.c.withheld, DORMANCY.c.disabled).join(
            DORMANCY, DORMANCY.c.person == PERSON.c.id, isouter=True
        )
        if person is not None:
            rows = rows.where(PERSON.c.id == person)
        found: dict[str, Withheld | None] = {}
        for row in db.execute(rows.order_by(PERSON.c.id)):
            has = counting(consents.get(row.id, ()), texts, self.now()) is not None
            cause = withheld_for(
                is_required=self.is_required,
                has_consent=has,
                is_disabled=row.disabled is not None,
            )
            if cause != row.withheld:
                found[row.id] = cause
        return found


def texts_in(db: Connection) -> list[ConsentText]:
    """All versions, the oldest first."""
    rows = db.execute(select(CONSENT_TEXT).order_by(CONSENT_TEXT.c.version))
    return [
        ConsentText(row.version, bytes(row.digest), row.text, row.time, row.earlier_until)
        for row in rows
    ]


def consents_in(db: Connection, person: str | None = None) -> Mapping[str, list[ConsentRecord]]:
    """By the ids of people what they gave, the oldest first; of one person, or of all."""
    columns = [column for column in CONSENT.c if column.name not in ("wrapped", "sealed")]
    query = select(*columns).order_by(CONSENT.c.number)
    if person is not None:
        query = query.where(CONSENT.c.person == person)
    found: dict[str, list[ConsentRecord]] = {}
    for record in _records(db.execute(query)):
        found.setdefault(record.person, []).append(record)
    return found


def _records(rows: Iterable[Row[Any]]) -> Iterable[ConsentRecord]:
    for row in rows:
        yield ConsentRecord(
            number=row.number,
            person=row.person,
            version=row.version,
            how=ConsentWay(row.how),
            time=row.time,
            withdrawn=row.withdrawn,
        )
