"""What of a hub's changes overwrites nothing in a gallery: then nothing has to be erased for good.

Erasing writes the whole file anew; most of what a door is told is of people who are not here.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import islice

from accessctl.gallery.database import Database
from accessctl.gallery.person import name_key
from accessctl.gallery.site import DocumentPut, PersonGone, PersonPut, SiteBatch
from accessctl.gallery.site_tables import left_out, sweep_of, unnamed

AT_ONCE = 400

_IDS = "SELECT 1 FROM person WHERE id IN ({})"
_NAMES = "SELECT 1 FROM person WHERE name_key IN ({})"
_PHOTOS = "SELECT 1 FROM photo WHERE id IN ({})"


def transaction_for(
    database: Database, batch: SiteBatch
) -> AbstractContextManager[sqlite3.Connection]:
    """Nothing is erased where all are new or were never here; nobody changes where nothing is said
    of anybody who is here, or comes. StoreError."""
    if batch.ends_round and _ends_any(database, batch):
        return database.erasing()
    coming = [one for one in batch.changes if not is_of_nobody(database, one)]
    if not coming:
        return database.noting()
    return database.writing() if are_new(database, coming) else database.erasing()


def _ends_any(database: Database, batch: SiteBatch) -> bool:
    """Whether the round that this batch ends has not named somebody, or something, that is here."""
    named = {one.person.id for one in batch.changes if isinstance(one, PersonPut)}
    with database.noting() as db:
        sweep = sweep_of(db)
        return bool(set(left_out(db, sweep)) - named or unnamed(db, sweep) - batch.named)


def is_of_nobody(database: Database, change: PersonPut | PersonGone | DocumentPut) -> bool:
    """Whether it says that somebody is gone of whom there is nothing here; StoreError."""
    if not isinstance(change, PersonGone):
        return False
    return not (
        database.select("SELECT 1 FROM person WHERE id = ?", change.person)
        or database.select("SELECT 1 FROM outbox WHERE person = ?", change.person)
    )


def are_new(database: Database, changes: Sequence[PersonPut | PersonGone | DocumentPut]) -> bool:
    """Whether each is of somebody new, in the place of nobody: neither names nor photos are
    somebody's here. StoreError."""
    people = [change.person for change in changes if isinstance(change, PersonPut)]
    return len(people) == len(changes) and not (
        _has_any(database, _IDS, (person.id for person in people))
        or _has_any(database, _NAMES, (name_key(person.name) for person in people))
        or _has_any(database, _PHOTOS, (photo.id for one in people for photo in one.photos))
    )


def _has_any(database: Database, query: str, values: Iterable[str]) -> bool:
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        if database.select(query.format(",".join("?" * len(some))), *some):
            return True
    return False
