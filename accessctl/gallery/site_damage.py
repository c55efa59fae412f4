"""Rows of a gallery whose people a hub looks after, damaged on the disk: asked for anew.

A door cannot use such a row, and must not guess what stood there: whose row it is, is not here
until the hub has told of them once more. Somebody whom no hub knows cannot be asked for; they stay,
and the log says so.
"""

import logging
from collections.abc import Callable

from accessctl.domain import PersonId
from accessctl.errors import DamagedError
from accessctl.gallery.database import Database
from accessctl.gallery.person import person_of

PEOPLE = """SELECT id, name, enrolled, coalesce(site_person.seq, 0)
            FROM person LEFT JOIN site_person ON person = id"""
SEALED = (
    "SELECT person, template.sealed, 'template', person, fingerprint, photo.id "
    "FROM template JOIN photo ON photo.id = photo",
    "SELECT person, sealed, 'rules', person FROM person_rules",
    "SELECT person, sealed, 'pin', person FROM person_pin",
    "SELECT person, sealed, 'controller number', person FROM person_controller_number",
    "SELECT person, sealed, 'badge', person, id FROM badge",
)
"""Whose each row is, what is sealed in it, and what it was sealed as; but for pictures, which a
door needs no more."""
ASKED_ANEW = "What this door has of somebody is damaged, and asked for anew"
UNKNOWN = "Somebody whom the hub does not know yet is damaged here"
DOCUMENT = "What the hub said for the whole site is damaged here, and asked for anew"

log = logging.getLogger(__name__)


class DamageWatch:
    """Looks through one gallery; StoreError. It remembers what it has told of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: set[str] = set()

    def mend(self, record: Callable[[PersonId], object]) -> bool:
        """Whether anything is asked for anew: it takes people out, and calls `record` before."""
        known = {person: seq for person, seq in self._damaged_people().items() if seq}
        again = [seq - 1 for seq in known.values()]
        if self._damaged_documents():
            again.append(0)
        if not again:
            return False
        with self._database.erasing() if known else self._database.noting() as db:
            for person in known:
                record(person)
                db.execute("DELETE FROM person WHERE id = ?", (person,))
            db.execute("UPDATE site SET again = min(coalesce(again, seq), ?)", (min(again),))
        return True

    def _damaged_people(self) -> dict[PersonId, int]:
        """With the numbers of their last changes; 0 for those whom the hub does not know."""
        damaged = {
            owner
            for query in SEALED
            for owner, sealed, *place in self._database.select(query)
            if not self._is_whole(sealed, place)
        }
        found = {}
        for person, name, enrolled, seq in self._database.select(PEOPLE):
            if person not in damaged and _could_be(person, name, enrolled):
                continue
            found[PersonId(person)] = int(seq)
            self._tell(str(person), ASKED_ANEW if seq else UNKNOWN)
        return found

    def _is_whole(self, sealed: bytes, place: list[str]) -> bool:
        try:
            self._database.unseal(sealed, *place)
        except DamagedError:
            return False
        return True

    def _damaged_documents(self) -> list[str]:
        found = []
        for (kind,) in self._database.select("SELECT kind FROM site_document"):
            try:
                self._database.document(kind)
            except DamagedError:
                self._tell(kind, DOCUMENT)
                found.append(kind)
        return found

    def _tell(self, what: str, sentence: str) -> None:
        if what not in self._told:
            self._told.add(what)
            log.error("%s (%s); restore the gallery from a backup if that stays.", sentence, what)


def _could_be(person: str, name: str, enrolled: float) -> bool:
    try:
        person_of((person, name, 0, enrolled))
    except DamagedError:
        return False
    return True
