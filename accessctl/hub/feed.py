"""The feed: the present state of each person, and of the site's rules and settings, numbered.

One row for each subject. Whoever writes holds the feed's lock until the end of the transaction and
gives the row the next number; so numbers appear in their order, and a door that asks for all after
the last one that it has misses nothing. What a row held before is gone: a feed never grows by
what is over, and of somebody removed there is nothing but that they were.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Row, Table, Transaction, Update, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accessctl.errors import DamagedError, InputError, StoreError
from accessctl.gallery.schema import HEAD_BYTES
from accessctl.hub.database import FEED_LOCK, HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.site_keys import SiteKeys
from accessctl.hub.tables import CHANGE, CONSENT, HELD, HISTORY, SITE_KEY
from accessctl.sync.feed_wire import ChangeKind, SiteBadgeKey
from accessctl.sync.site_sealing import SealedDocument, open_document, rewrapped, seal_document

MAX_DOCUMENT_BYTES = 512 * 1024
"""So that one document fits into an answer of the hub (wire.MAX_ANSWER_BYTES), as base64."""

log = logging.getLogger(__name__)

HELD_KIND = "held"
"""What a proposal is sealed as that waits for somebody to decide."""

CONSENT_KIND = "consent"
"""What a signature, a witness or a legal basis is sealed as."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A subject as the feed has it now: its number, and its document, None where it is gone, or
    there and damaged."""

    subject: str
    seq: int
    content: bytes | None
    is_damaged: bool = False


def nobody_told(_: Connection) -> None:
    """For a feed whose changes nobody waits for."""


class SiteFeed:
    """Writes and opens what the feed holds, in transactions of the caller; StoreError.

    `announce` is called in each transaction that changes something: doors may wait for it. `now` is
    epoch time.
    """

    def __init__(
        self,
        database: HubDatabase,
        keys: SiteKeys,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        announce: Callable[[Connection], object] = nobody_told,
    ) -> None:
        self.database = database
        self.keys = keys
        self.now = now
        self._random = random_bytes
        self._announce = announce
        self._pens: WeakKeyDictionary[Transaction, _Pen] = WeakKeyDictionary()

    def begin(self, db: Connection) -> None:
        """The first site key, and the badges' key on its way to the doors, where there are none."""
        if not self.generations(db):
            self.lock(db)
            if not self.generations(db):
                self._add_generation(db, 1)
                key = SiteBadgeKey(key=self.keys.badge_key.hex()).model_dump_json().encode()
                self.put(db, ChangeKind.BADGE_KEY.value, ChangeKind.BADGE_KEY, key)

    def lock(self, db: Connection) -> None:
        """Until the transaction ends nobody else changes the feed, or reads what will change."""
        self.database.lock(db, FEED_LOCK)

    def seq(self, db: Connection) -> int:
        """The number of the last change; 0 before the first."""
        return db.execute(select(func.max(CHANGE.c.seq))).scalar_one() or 0

    def generations(self, db: Connection) -> list[int]:
        """Those of the site key, the oldest first."""
        query = select(SITE_KEY.c.generation).order_by(SITE_KEY.c.generation)
        return list(db.execute(query).scalars())

    def put(
        self,
        db: Connection,
        subject: str,
        kind: ChangeKind,
        content: bytes,
        door: str | None = None,
    ) -> int:
        """The document of this subject from now on, for that `door` alone or for all; its number.

        InputError for a document that is too large to be handed out.
        """
        _check_size(content)
        self._pen(db)
        sealed = self.sealed(db, content, kind, wire_subject(subject, kind))
        return self._write(
            db,
            subject,
            kind=kind.value,
            door=door,
            generation=sealed.generation,
            wrapped=sealed.wrapped,
            sealed=sealed.content,
            removed=False,
        )

    def put_people(self, db: Connection, contents: Mapping[str, bytes]) -> int:
        """New documents of people who are here, by their ids, all at once; the last number."""
        pen = self._pen(db)
        values = []
        for number, (person, content) in enumerate(contents.items(), pen.seq + 1):
            _check_size(content)
            sealed = seal_document(content, ChangeKind.PERSON, person, pen.newest, self._random)
            values.append({"at": person, "new_seq": number, **_new_values(sealed)})
        if values:
            statement = _resealing(CHANGE, CHANGE.c.subject).values(seq=bindparam("new_seq"))
            db.execute(statement, values)
            self._tell(db, pen)
        pen.seq += len(values)
        return pen.seq

    def remove(self, db: Connection, subject: str) -> int:
        """Nothing is left of this person but that they were removed, as the change's number."""
        nothing: dict[str, Any] = {"door": None, "generation": 0, "wrapped": None, "sealed": None}
        return self._write(db, subject, kind=ChangeKind.GONE.value, removed=True, **nothing)

    def renumber(self, db: Connection, subject: str) -> int:
        """The same document with the next number, so that each door asks for it again and is told
        what it has part in by now."""
        return self._write(db, subject)

    def people_after(self, db: Connection, seq: int) -> Iterator[FeedRow]:
        """Those who changed after that number, the oldest change first.

        Whose document is damaged counts for nobody, and the log says so: they are at no door
        either, and nobody else shall be kept from being changed, or removed.
        """
        kinds = (ChangeKind.PERSON.value, ChangeKind.GONE.value)
        query = select(CHANGE).where(CHANGE.c.seq > seq, CHANGE.c.kind.in_(kinds))
        for row in db.execute(query.order_by(CHANGE.c.seq)):
            try:
                yield FeedRow(row.subject, row.seq, self._opened(row))
            except StoreError as error:
                log.error("The hub's document of %s cannot be opened: %s", row.subject, error)
                yield FeedRow(row.subject, row.seq, None, is_damaged=True)

    def document(self, db: Connection, subject: str) -> bytes | None:
        """None where there is none, or none any more."""
        row = db.execute(select(CHANGE).where(CHANGE.c.subject == subject)).first()
        return None if row is None else self._opened(row)

    def seq_of(self, db: Connection, subject: str) -> int:
        """The number of its last change; 0 for what was never there."""
        found = db.execute(select(CHANGE.c.seq).where(CHANGE.c.subject == subject)).scalar()
        return int(found or 0)

    def sealed(self, db: Connection, content: bytes, kind: str, subject: str) -> SealedDocument:
        """Under a new key, and that under the newest site key."""
        pen = self._pens.get(_transaction(db))
        newest = self._newest(db) if pen is None else pen.newest
        return seal_document(content, kind, subject, newest, self._random)

    def opened(self, sealed: SealedDocument, kind: str, subject: str) -> bytes:
        """What `sealed` made; StoreError."""
        return open_document(sealed, kind, subject, self.keys.site_key(sealed.generation))

    def new_generation(self, db: Connection) -> int:
        """A site key that no door has had yet; everything lies under it when this returns.

        Called when a door is revoked: what changes from now on it cannot read, should it come by
        it. What lies here is sealed again in its place, with the numbers that it has: a door
        that is still joined has these very documents already, under keys that it holds, and would
        only be sent all of them once more.
        """
        self.lock(db)
        generation = self.generations(db)[-1] + 1
        self._add_generation(db, generation)
        self._pens.pop(_transaction(db), None)
        self._seal_again(db, CHANGE, CHANGE.c.subject, generation)
        self._seal_again(db, HELD, HELD.c.number, generation)
        self._seal_again(db, CONSENT, CONSENT.c.number, generation)
        told = {"generation": generation}
        write_journal(self.database, db, JournalKind.SITE_KEY, self.now(), told)
        return generation

    def keep_head(self, db: Connection) -> None:
        """Give the last change a new random head, see gallery.schema."""
        head = self._random(HEAD_BYTES)
        db.execute(HISTORY.insert().values(seq=self.seq(db), head=head))

    def _add_generation(self, db: Connection, generation: int) -> None:
        proof = self.keys.proof(generation)
        row = {"generation": generation, "made": self.now(), "proof": proof}
        db.execute(SITE_KEY.insert().values(row))

    def _seal_again(self, db: Connection, table: Table, key: Any, generation: int) -> None:
        rows = db.execute(select(table).where(table.c.sealed.is_not(None))).all()
        newest = (generation, self.keys.site_key(generation))
        values = []
        for row in rows:
            kind, subject = _place(table, row)
            old = self.keys.site_key(row.generation)
            try:
                again = rewrapped(_sealed_in(row), kind, subject, old, newest, self._random)
            except StoreError as error:
                log.error("The hub's document of %s is not sealed anew: %s", subject, error)
                continue
            values.append({"at": getattr(row, key.name), **_new_values(again)})
        if values:
            db.execute(_resealing(table, key), values)

    def _write(self, db: Connection, subject: str, **values: Any) -> int:
        pen = self._pen(db)
        pen.seq += 1
        if "kind" in values:
            insert = sqlite.insert if self.database.is_embedded else postgresql.insert
            row = insert(CHANGE).values(subject=subject, seq=pen.seq, **values)
            changed = {"seq": pen.seq, **values}
            db.execute(row.on_conflict_do_update(index_elements=["subject"], set_=changed))
        else:
            there = update(CHANGE).where(CHANGE.c.subject == subject)
            db.execute(there.values(seq=pen.seq, **values))
        self._tell(db, pen)
        return pen.seq

    def _pen(self, db: Connection) -> "_Pen":
        """What one transaction writes with: asked for once, since nobody else writes until its
        end."""
        transaction = _transaction(db)
        pen = self._pens.get(transaction)
        if pen is None:
            self.lock(db)
            pen = self._pens[transaction] = _Pen(self.seq(db), self._newest(db))
        return pen

    def _newest(self, db: Connection) -> tuple[int, bytes]:
        generation = self.generations(db)[-1]
        return generation, self.keys.site_key(generation)

    def _tell(self, db: Connection, pen: "_Pen") -> None:
        """Once, however much is changed: nobody hears of it before the end."""
        if not pen.is_announced:
            self._announce(db)
            pen.is_announced = True

    def _opened(self, row: Row[Any]) -> bytes | None:
        if row.sealed is None:
            return None
        return self.opened(_sealed_in(row), *_place(CHANGE, row))


@dataclass(slots=True)
class _Pen:
    """The feed's last number in a transaction that holds its lock, the newest site key with its
    generation, and whether those who wait are told of it."""

    seq: int
    newest: tuple[int, bytes]
    is_announced: bool = False


def _transaction(db: Connection) -> Transaction:
    transaction = db.get_transaction()
    if transaction is None:
        raise StoreError("The feed is written in a transaction only.")
    return transaction


def _check_size(content: bytes) -> None:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InputError(
            "That is more than a site can keep of one person or setting; take photos of theirs "
            "out first."
        )


def _resealing(table: Table, key: Any) -> Update:
    """Puts other sealed values in place of those that are `at` a key; see _new_values."""
    return (
        update(table)
        .where(key == bindparam("at"))
        .values(
            generation=bindparam("new_generation"),
            wrapped=bindparam("new_wrapped"),
            sealed=bindparam("new_sealed"),
        )
    )


def _new_values(sealed: SealedDocument) -> dict[str, Any]:
    return {
        "new_generation": sealed.generation,
        "new_wrapped": sealed.wrapped,
        "new_sealed": sealed.content,
    }


def wire_subject(subject: str, kind: str) -> str:
    """What doors call it: of settings there is one for each door here, and one at each door."""
    return ChangeKind.SETTINGS.value if kind == ChangeKind.SETTINGS else subject


def settings_subject(door: str) -> str:
    """Under which subject the settings of that door are kept."""
    return f"{ChangeKind.SETTINGS.value} {door}"


def _place(table: Table, row: Row[Any]) -> tuple[str, str]:
    if table is not CHANGE:
        return CONSENT_KIND if table is CONSENT else HELD_KIND, str(row.number)
    return row.kind, wire_subject(row.subject, row.kind)


def _sealed_in(row: Row[Any]) -> SealedDocument:
    if row.wrapped is None:
        raise DamagedError("A row of the hub's feed is damaged; restore it from a backup.")
    return SealedDocument(row.generation, row.wrapped, row.sealed)
