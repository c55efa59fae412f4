"""Who was removed from the site, and which doors have signed that nothing of them is left there.

The hub keeps an id and a moment of somebody removed, and each door's receipt. A door that does not
answer still has their templates, as long as it is away; whoever asks is told which.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from accessctl.errors import InputError
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.signatures import is_signed
from accessctl.hub.tables import DOOR, JOINED, REMOVAL, REMOVAL_RECEIPT
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


class Removals:
    """Everything raises StoreError; `now` is epoch time."""

    def __init__(self, database: HubDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def take(self, door: str, serial: str, receipts: Sequence[RemovalReceipt]) -> int:
        """Keep the receipts that are new, each once; how many those are. InputError for one that
        this door's certificate (`serial`) did not sign.

        One of somebody whom the hub did not remove is passed over: the hub was put back since.
        """
        with self._database.writing() as db:
            return sum(self._take(db, door, serial, receipt) for receipt in receipts)

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

    def _take(self, db: Connection, door: str, serial: str, receipt: RemovalReceipt) -> bool:
        signature = bytes.fromhex(receipt.signature)
        said = removal_statement(door, receipt.person, receipt.seq, receipt.time)
        if not is_signed(db, serial, signature, said):
            raise InputError("A receipt of a removal is not signed by this door.")
        removal = db.execute(select(REMOVAL.c.seq).where(REMOVAL.c.person == receipt.person))
        given = db.execute(
            select(REMOVAL_RECEIPT.c.seq).where(
                REMOVAL_RECEIPT.c.person == receipt.person, REMOVAL_RECEIPT.c.door == door
            )
        )
        if removal.first() is None or given.first() is not None:
            return False
        row = {
            "person": receipt.person,
            "door": door,
            "seq": receipt.seq,
            "time": receipt.time,
            "signature": signature,
            "received": self._now(),
        }
        db.execute(REMOVAL_RECEIPT.insert().values(row))
        told = {"door": door, "person": receipt.person}
        write_journal(self._database, db, JournalKind.RECEIPT, self._now(), told)
        return True


def may_have_had(door: Row[Any], removed: float) -> bool:
    """Whether this door may have had somebody who was removed then: whoever joined later, or was
    revoked before, has never had them from this hub."""
    return door.joined <= removed and (door.revoked is None or door.revoked > removed)
