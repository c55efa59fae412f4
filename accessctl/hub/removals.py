"""Who was removed from the site, and which doors have signed that nothing of them is left there.

The hub keeps an id and a moment of somebody removed, and each door's receipt. A door that does not
answer still has their templates, as long as it is away; whoever asks is told which.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from accessctl.errors import InputError
from accessctl.hub.database import JOURNAL_LOCK, HubDatabase, insert_all
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.signatures import CertificateKeys, is_by
from accessctl.hub.tables import DOOR, JOINED, REMOVAL, REMOVAL_RECEIPT
from accessctl.hub.together import Together
from accessctl.sync.feed_wire import RemovalReceipt, removal_statement


@dataclass(frozen=True, slots=True)
class SiteRemoval:
    """Somebody who was removed at `time` (epoch seconds), by the id: the names of the doors that
    have signed for it, of those that still owe it, and of those that were revoked owing it."""

    person: str
    time: float
    signed: tuple[str, ...]
    owed: tuple[str, ...]
    lost: tuple[str, ...]


Given = Sequence[tuple[str, RemovalReceipt]]
"""Receipts, each with the door that gave it."""
DOORS_AT_ONCE = 64


class Removals:
    """Everything raises StoreError; `now` is epoch time."""

    def __init__(self, database: HubDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._keys = CertificateKeys(database)
        # All doors give theirs at the same time.
        self._keep: Together[Given, int] = Together(self._kept, DOORS_AT_ONCE)

    def take(self, door: str, serial: str, receipts: Sequence[RemovalReceipt]) -> int:
        """Keep the receipts that are new, each once; how many those are. InputError for one that
        this door's certificate (`serial`) did not sign.

        One of somebody whom the hub did not remove is passed over: the hub was put back since.
        """
        key = self._keys.key(serial)
        for receipt in receipts:
            said = removal_statement(door, receipt.person, receipt.seq, receipt.time)
            if not is_by(key, bytes.fromhex(receipt.signature), said):
                raise InputError("A receipt of a removal is not signed by this door.")
        return self._keep([(door, receipt) for receipt in receipts])

    def listed(self) -> list[SiteRemoval]:
        """The latest first."""
        with self._database.reading() as db:
            removals = db.execute(select(REMOVAL).order_by(REMOVAL.c.seq.desc())).all()
            doors = db.execute(select(DOOR).order_by(DOOR.c.name, DOOR.c.joined)).all()
            receipts = db.execute(select(REMOVAL_RECEIPT.c.person, REMOVAL_RECEIPT.c.door))
            given = {(row.person, row.door) for row in receipts}
        found = []
        for removal in removals:
            there = [door for door in doors if may_have_had(door, removal.time)]
            signed = [door for door in there if (removal.person, door.id) in given]
            owing = [door for door in there if (removal.person, door.id) not in given]
            found.append(
                SiteRemoval(
                    removal.person,
                    removal.time,
                    tuple(door.name for door in signed),
                    tuple(door.name for door in owing if door.state == JOINED),
                    tuple(door.name for door in owing if door.state != JOINED),
                )
            )
        return found

    def _kept(self, lots: Sequence[Given]) -> list[int]:
        """How many are new of each lot; all in one transaction."""
        given = [one for lot in lots for one in lot]
        people = {receipt.person for _, receipt in given}
        with self._database.writing() as db:
            # Whoever writes to the journal waits for this one: two that keep the same receipt, too.
            self._database.lock(db, JOURNAL_LOCK)
            removed = set(
                db.execute(select(REMOVAL.c.person).where(REMOVAL.c.person.in_(people))).scalars()
            )
            known = select(REMOVAL_RECEIPT.c.person, REMOVAL_RECEIPT.c.door).where(
                REMOVAL_RECEIPT.c.person.in_(people),
                REMOVAL_RECEIPT.c.door.in_({door for door, _ in given}),
            )
            there = {(row.person, row.door) for row in db.execute(known)}
            counts: list[int] = []
            rows: list[dict[str, Any]] = []
            now = self._now()
            for lot in lots:
                before = len(rows)
                for door, receipt in lot:
                    which = (receipt.person, door)
                    if receipt.person in removed and which not in there:
                        there.add(which)
                        rows.append(_row(door, receipt, now))
                counts.append(len(rows) - before)
            if rows:
                insert_all(db, REMOVAL_RECEIPT.insert(), rows)
                told = [{"door": row["door"], "person": row["person"]} for row in rows]
                write_journal(self._database, db, JournalKind.RECEIPT, now, *told)
        return counts


def _row(door: str, receipt: RemovalReceipt, now: float) -> dict[str, Any]:
    return {
        "person": receipt.person,
        "door": door,
        "seq": receipt.seq,
        "time": receipt.time,
        "signature": bytes.fromhex(receipt.signature),
        "received": now,
    }


def may_have_had(door: Row[Any], removed: float) -> bool:
    """Whether this door may have had somebody who was removed then: whoever joined later, or was
    revoked before, has never had them from this hub."""
    return door.joined <= removed and (door.revoked is None or door.revoked > removed)
