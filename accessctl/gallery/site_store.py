"""A gallery whose people a hub looks after: what the hub says is kept, what is changed here waits.

What the hub says counts: a name that somebody has here whom it does not know yet is given up. Only
what was changed here and is not answered yet stays as it was changed. Each batch is one
transaction; what it overwrites or erases is gone from the file.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from accessctl.clock import Uptime
from accessctl.config import GalleryConfig
from accessctl.domain import PersonId
from accessctl.errors import DamagedError, StoreError
from accessctl.gallery.database import BUSY_TIMEOUT_S, Database, open_database
from accessctl.gallery.person import name_key
from accessctl.gallery.person_rows import PersonRows
from accessctl.gallery.site import (
    AgeMark,
    ChangeOutbox,
    DocumentPut,
    OwedReceipt,
    PersonGone,
    PersonPut,
    PutPerson,
    SiteBatch,
    SitePosition,
    WaitingProposal,
)
from accessctl.gallery.site_damage import DamageWatch
from accessctl.gallery.site_novelty import transaction_for
from accessctl.gallery.site_restraint import restrained, takes_away
from accessctl.gallery.site_tables import (
    forget_unnamed,
    free_name,
    holder_of_name,
    leave_hub,
    left_out,
    note_named,
    owe,
    sweep_of,
    waiting_of,
    was_removed,
)
from accessctl.gallery.store import Gallery

log = logging.getLogger(__name__)

HubChange: TypeAlias = tuple[str, PersonId]
"""What the hub changed, and of whom."""

RecordFromHub: TypeAlias = Callable[[Sequence[HubChange]], object]
"""Writes down what the hub changed, all of a batch at once; called before any of it is kept."""

PUT, CHANGED, RENAMED, ERASED = "hub_added", "hub_changed", "hub_renamed", "hub_removed"
RESTRAINED, DAMAGED, KEPT_OUT = "hub_restrained", "hub_damaged", "hub_kept_out"
TAKEN_AWAY = frozenset({ERASED, RESTRAINED, DAMAGED, KEPT_OUT})
"""What is done all the same where it cannot be written down."""

_KEPT = {
    "rename": "name",
    "set_rules": "rules",
    "set_pin": "pin",
    "set_controller_number": "controller_number",
    "add_photo": "photos",
    "remove_photo": "photos",
    "add_badge": "badges",
    "remove_badges": "badges",
}
"""What of a person stays as it is here while that change waits for the hub's answer."""


class SiteGallery:
    """One gallery's part of a site; every method raises StoreError. Threads may share it."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        """`now` is epoch time."""
        self._database = database
        self._outbox = ChangeOutbox(database, now)
        self._rows = PersonRows(database)
        self._damage = DamageWatch(database)
        self.gallery = Gallery(database, now)

    def position(self) -> SitePosition | None:
        """None for a gallery that no hub has looked after yet."""
        query = "SELECT hub, door, seq, round, again FROM site"
        return next((SitePosition(*row) for row in self._database.select(query)), None)

    def begin(self, hub: str, door: str) -> SitePosition:
        """From now on `hub` looks after this gallery, as that of `door`; where that is so already
        nothing changes. All is asked for from the beginning, and whoever another hub had put here,
        and its rules and settings, are gone once that is done; what waited for its answer is
        proposed anew."""
        known = self.position()
        if known is not None and (known.hub, known.door) == (hub, door):
            return known
        with self._database.noting() as db:
            sweep = sweep_of(db) + 1
            db.execute(
                "INSERT OR REPLACE INTO site (id, hub, door, round, sweep) VALUES (1, ?, ?, 0, ?)",
                (hub, door, sweep),
            )
            db.execute("DELETE FROM site_removal")
            if known is None or known.hub != hub:
                leave_hub(db)
        return SitePosition(hub, door, round=0)

    def begin_round(self, number: int) -> SitePosition:
        """All is asked for from the beginning, in that round of the hub's."""
        with self._database.noting() as db:
            db.execute(
                "UPDATE site SET seq = 0, again = NULL, round = ?, sweep = sweep + 1", (number,)
            )
        known = self.position()
        if known is None:
            raise StoreError("This gallery belongs to no hub.")
        return known

    def take(self, batch: SiteBatch, record: RecordFromHub) -> None:
        """Keep what the hub said, all of it or nothing where `record` raises."""
        told: list[HubChange] = []
        with transaction_for(self._database, batch) as db:
            sweep = sweep_of(db)
            for change in batch.changes:
                match change:
                    case PersonPut():
                        told += self._put(db, change, sweep)
                    case PersonGone():
                        told += self._erase(db, change.person)
                        if change.removed:
                            owe(db, change)
                    case DocumentPut():
                        self._put_document(db, change, sweep)
            note_named(db, batch.named, sweep)
            if batch.ends_round:
                for person in left_out(db, sweep):
                    told += self._erase(db, person)
                forget_unnamed(db, sweep)
            position = batch.position
            db.execute(
                "UPDATE site SET seq = ?, round = ?, again = ?",
                (position.seq, position.round, position.again),
            )
            if told:
                record(told)

    def version(self) -> tuple[int, ...]:
        """See Database.version."""
        return self._database.version()

    def document(self, kind: str) -> bytes | None:
        """What the hub said of that kind last."""
        return self._database.document(kind)

    def age(self) -> AgeMark | None:
        """As it was written down last; None while the hub never said anything."""
        query = "SELECT head, age, wall, boot, uptime, is_lost FROM site_age"
        for head, age_s, wall, boot, seconds, is_lost in self._database.select(query):
            return AgeMark(head, age_s, wall, Uptime(boot, seconds), bool(is_lost))
        return None

    def note_age(self, mark: AgeMark) -> None:
        """In place of the one before."""
        row = (
            mark.head,
            mark.age_s,
            mark.wall,
            mark.uptime.boot,
            mark.uptime.seconds,
            int(mark.is_lost),
        )
        with self._database.noting() as db:
            db.execute("INSERT OR REPLACE INTO site_age VALUES (1, ?, ?, ?, ?, ?, ?)", row)

    def picture(self, photo: str) -> bytes:
        """The picture of that photo (JPEG); empty where it is not here, damaged, or not any
        more."""
        for person, sealed in self._database.select(
            "SELECT person, sealed FROM photo WHERE id = ?", photo
        ):
            with suppress(DamagedError):
                return self._database.unseal(sealed, "photo", person, photo)
        return b""

    def propose_unknown(self) -> int:
        """Put everybody whom the hub was not told of yet into the outbox; how many these were.

        Without a template nobody can be proposed; a badge by another key than the site's is not.
        """
        rows = self._database.select(
            "SELECT id FROM person WHERE id NOT IN (SELECT person FROM site_person) ORDER BY id"
        )
        proposed = 0
        for (person,) in rows:
            with self._database.noting() as db:
                proposed += self._propose(db, PersonId(person))
        return proposed

    def waiting(self, limit: int) -> list[WaitingProposal]:
        """The first changes that the hub has not answered yet."""
        return self._outbox.waiting(limit)

    def waiting_count(self) -> int:
        return self._outbox.count()

    def taken(self, proposals: Mapping[str, int]) -> None:
        """The hub has taken those (by id), each as the change of that number."""
        with self._database.noting() as db:
            for proposal, seq in proposals.items():
                db.execute(
                    "UPDATE site_person SET seq = max(seq, ?) WHERE person = "
                    "(SELECT person FROM outbox WHERE id = ?)",
                    (seq, proposal),
                )
                # Whoever was damaged here meanwhile is not here, and may come again.
                db.execute(
                    "UPDATE site SET again = min(coalesce(again, seq), ?) WHERE EXISTS "
                    "(SELECT 1 FROM outbox WHERE id = ? AND change <> 'remove' "
                    "AND person NOT IN (SELECT id FROM person))",
                    (seq - 1, proposal),
                )
                db.execute("DELETE FROM outbox WHERE id = ?", (proposal,))

    def not_taken(self, proposal: WaitingProposal, seq: int, record: RecordFromHub) -> None:
        """The hub's state of that person counts: what it was at `seq` is asked for again; where
        the hub has nothing of them (0) they are gone."""
        if seq > 0:
            with self._database.noting() as db:
                db.execute("DELETE FROM outbox WHERE id = ?", (proposal.id,))
                db.execute("UPDATE site SET again = min(coalesce(again, seq), ?)", (seq - 1,))
            return
        with self._database.erasing() as db:
            db.execute("DELETE FROM outbox WHERE id = ?", (proposal.id,))
            self._erase_on_record(db, proposal.person, record)

    def erase(self, person: PersonId, record: RecordFromHub) -> None:
        """As if the hub had said that they are gone: nothing of it is proposed."""
        with self._database.erasing() as db:
            self._erase_on_record(db, person, record)

    def restrain(self, said: PutPerson, record: RecordFromHub) -> None:
        """Somebody who is here and from whom `said` takes anything may nothing until that is kept
        whole; of others nothing changes."""
        before = self.person(said.id)
        if before is None:
            return
        with self._database.erasing() as db:
            bound = restrained(before)
            if bound == before or not takes_away(before, self._wanted(db, said, before)):
                return
            record([(RESTRAINED, said.id)])
            self._rows.write(db, bound, before)

    def mend(self, record: RecordFromHub) -> bool:
        """Take out whoever is damaged here, and have the hub asked for them anew, as for what is
        damaged of its documents; whether there was any."""
        return self._damage.mend(lambda person: record([(DAMAGED, person)]))

    def left_out(self) -> set[PersonId]:
        """Whoever the hub had put here, and has not named in the round that is in progress."""
        with self._database.noting() as db:
            return set(left_out(db, sweep_of(db)))

    def ids(self) -> set[PersonId]:
        """Of everybody who is here."""
        return {PersonId(person) for (person,) in self._database.select("SELECT id FROM person")}

    def owed(self, limit: int) -> list[OwedReceipt]:
        """The first removals that the hub has not been told of."""
        rows = self._database.select(
            "SELECT person, seq FROM site_removal ORDER BY seq LIMIT ?", limit
        )
        return [OwedReceipt(PersonId(person), seq) for person, seq in rows]

    def receipted(self, receipts: list[OwedReceipt]) -> None:
        """The hub has been told of those."""
        with self._database.noting() as db:
            for receipt in receipts:
                db.execute(
                    "DELETE FROM site_removal WHERE person = ? AND seq = ?",
                    (receipt.person, receipt.seq),
                )

    def person(self, person: PersonId) -> PutPerson | None:
        """All that is kept of somebody but their pictures; None for nobody."""
        return self._rows.read(person)

    def _put(self, db: sqlite3.Connection, put: PersonPut, sweep: int) -> list[HubChange]:
        said, waiting = put.person, waiting_of(db, put.person.id)
        if was_removed(db, said.id):
            # The hub was put back to a state from before: what it had said of them counts.
            is_told = self._outbox.put_removal(db, said.id)
            return [(KEPT_OUT, said.id)] if is_told else []
        before, told = self._before(db, said.id)
        if "remove" in waiting or (before is None and waiting):
            # What was changed here is not known any more: the hub has to answer first.
            return told
        wanted = said if before is None else self._wanted(db, said, before)
        if wanted != before:
            told += self._make_room(db, wanted)
            told.append((PUT if before is None else CHANGED, said.id))
            self._rows.write(db, wanted, before)
        for photo in said.photos:
            self._rows.forget_picture(db, said.id, photo.id)
        db.execute(
            "INSERT OR REPLACE INTO site_person (person, seq, sweep) VALUES (?, ?, ?)",
            (said.id, put.seq, sweep),
        )
        return told

    def _before(
        self, db: sqlite3.Connection, person: PersonId
    ) -> tuple[PutPerson | None, list[HubChange]]:
        """What is here of somebody, None where that is damaged: then nothing of it is left."""
        try:
            return self.person(person), []
        except DamagedError as error:
            log.error("What this door has of %s is the hub's anew. %s", person, error)
            db.execute("DELETE FROM person WHERE id = ?", (person,))
            return None, [(DAMAGED, person)]

    def _wanted(self, db: sqlite3.Connection, said: PutPerson, before: PutPerson) -> PutPerson:
        """What the hub says of somebody, but for what was changed here and is not answered."""
        kept = {_KEPT[change] for change in waiting_of(db, said.id) if change in _KEPT}
        return replace(said, **{field: getattr(before, field) for field in kept})

    def _make_room(self, db: sqlite3.Connection, person: PutPerson) -> list[HubChange]:
        """Whoever else has that name here is called otherwise from now on."""
        holder = holder_of_name(db, person)
        if holder is None:
            return []
        other, name = holder
        free = free_name(db, name)
        if not db.execute("SELECT 1 FROM site_person WHERE person = ?", (other,)).fetchone():
            # By the name that they were given here: whose it is somebody at the hub shall decide.
            self._propose(db, other)
        db.execute(
            "UPDATE person SET name = ?, name_key = ? WHERE id = ?", (free, name_key(free), other)
        )
        return [(RENAMED, other)]

    def _erase_on_record(
        self, db: sqlite3.Connection, person: PersonId, record: RecordFromHub
    ) -> None:
        told = self._erase(db, person)
        if told:
            record(told)

    def _erase(self, db: sqlite3.Connection, person: PersonId) -> list[HubChange]:
        was_here = db.execute("DELETE FROM person WHERE id = ?", (person,)).rowcount
        db.execute("DELETE FROM outbox WHERE person = ?", (person,))
        return [(ERASED, person)] if was_here else []

    def _put_document(self, db: sqlite3.Connection, put: DocumentPut, sweep: int) -> None:
        db.execute("DELETE FROM site_document WHERE kind = ?", (put.kind,))
        if put.content is not None:
            db.execute(
                "INSERT INTO site_document (kind, sealed, sweep) VALUES (?, ?, ?)",
                (put.kind, self._database.seal(put.content, "site document", put.kind), sweep),
            )

    def _propose(self, db: sqlite3.Connection, person: PersonId) -> bool:
        try:
            known = self.person(person)
        except DamagedError as error:
            log.error("%s is not proposed to the hub. %s", person, error)
            return False
        if known is None or not any(photo.templates for photo in known.photos):
            return False
        db.execute("INSERT OR IGNORE INTO site_person VALUES (?, 0, 0)", (person,))
        self._outbox.put_whole(db, known)
        return True


def open_site_gallery(
    config: GalleryConfig,
    environment: Mapping[str, str],
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> SiteGallery:
    """As store.open_gallery; what opens it has to close its `gallery`."""
    return SiteGallery(open_database(config.folder, environment, random_bytes, busy_timeout_s))
