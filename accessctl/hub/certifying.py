"""Makes certificates of deletion from what the hub keeps of a removal; see removal_certificate."""

import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Row, select

from accessctl.errors import InputError, StoreError
from accessctl.hub.authority import Authority, key_in
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.removal_certificate import (
    CertifiedDoor,
    HeldBackup,
    RemovalCertificate,
    RemovalFacts,
    certified,
    in_words,
)
from accessctl.hub.removals import may_have_had
from accessctl.hub.tables import CERTIFICATE, DOOR, JOINED, JOURNAL, REMOVAL, REMOVAL_RECEIPT
from accessctl.sync.feed_wire import removal_statement


class Certifier:
    """Everything raises StoreError; `now` is epoch time."""

    def __init__(
        self, database: HubDatabase, authority: Authority, now: Callable[[], float]
    ) -> None:
        self._database = database
        self._authority = authority
        self._now = now

    def facts(self, person: str) -> RemovalFacts:
        """How it stands with the removal of the person of that id, each receipt checked again;
        InputError where nobody of that id was removed, StoreError for a receipt that is damaged."""
        with self._database.reading() as db:
            removal = db.execute(select(REMOVAL).where(REMOVAL.c.person == person)).first()
            if removal is None:
                raise InputError(
                    f"Nobody of the id {person[:32]!a} was removed here; `accessctl hub removals` "
                    "lists who was. The site keeps no name of somebody removed."
                )
            doors = _doors(db, person, removal.time)
            backups = _backups(db, person, removal.time)
        return RemovalFacts(
            person=person,
            removed=removal.time,
            made=self._now(),
            doors=doors,
            backups=backups,
            authority=self._authority.pem,
        )

    def certify(self, person: str, operator: str) -> RemovalCertificate:
        """The same as a certificate, which is on record before it is handed out."""
        facts = self.facts(person)
        signature = self._authority.sign_document(certified(facts))
        owed = sum(door.state == "owes" for door in facts.doors)
        told = {"person": person, "owed": owed, "operator": operator}
        with self._database.writing() as db:
            write_journal(self._database, db, JournalKind.CERTIFIED, self._now(), told)
        return RemovalCertificate(text=in_words(facts), facts=facts, signature=signature)


def _doors(db: Connection, person: str, removed: float) -> tuple[CertifiedDoor, ...]:
    query = select(REMOVAL_RECEIPT).where(REMOVAL_RECEIPT.c.person == person)
    receipts = {row.door: row for row in db.execute(query)}
    found = []
    for door in db.execute(select(DOOR).order_by(DOOR.c.name, DOOR.c.joined)):
        if not may_have_had(door, removed):
            continue
        receipt = receipts.get(door.id)
        if receipt is not None:
            found.append(_signed(db, door, receipt))
        else:
            state = "owes" if door.state == JOINED else "lost"
            found.append(
                CertifiedDoor.model_validate({"id": door.id, "name": door.name, "state": state})
            )
    return tuple(found)


def _signed(db: Connection, door: Row[Any], receipt: Row[Any]) -> CertifiedDoor:
    said = removal_statement(door.id, receipt.person, receipt.seq, receipt.time)
    query = select(CERTIFICATE.c.pem).where(CERTIFICATE.c.door == door.id)
    for pem in db.execute(query.order_by(CERTIFICATE.c.issued)).scalars():
        try:
            Ed25519PublicKey.from_public_bytes(key_in(pem)).verify(receipt.signature, said)
        except InvalidSignature:
            continue
        return CertifiedDoor(
            id=door.id,
            name=door.name,
            state="signed",
            seq=receipt.seq,
            time=receipt.time,
            signature=bytes(receipt.signature).hex(),
            certificate=pem,
        )
    raise StoreError(
        f"The receipt of {door.name} is signed by none of its certificates: the hub's database is "
        "damaged; run: accessctl hub verify"
    )


def _backups(db: Connection, person: str, removed: float) -> tuple[HeldBackup, ...]:
    """Those that were begun between the first record of this person and their removal; all before
    it where there is no such record."""
    begun = _first_record(db, person)
    query = select(JOURNAL.c.time, JOURNAL.c.data).where(
        JOURNAL.c.kind == JournalKind.BACKED_UP, JOURNAL.c.time <= removed
    )
    return tuple(
        HeldBackup(file=json.loads(row.data)["file"], made=row.time)
        for row in db.execute(query.order_by(JOURNAL.c.number))
        if begun is None or row.time >= begun
    )


def _first_record(db: Connection, person: str) -> float | None:
    """When the journal tells of them first; it is searched from its beginning."""
    mentions = JOURNAL.c.data.contains(person, autoescape=True)
    query = select(JOURNAL.c.time).where(mentions).order_by(JOURNAL.c.number).limit(1)
    return db.execute(query).scalar()
