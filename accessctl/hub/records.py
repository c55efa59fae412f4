"""The records that the doors sent, in the hub's database: taken once each, read again, checked."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accessctl.audit.append import End
from accessctl.errors import HubError, InputError
from accessctl.hub.authority import Authority
from accessctl.hub.crossings import take_crossings
from accessctl.hub.database import HubDatabase, in_pages, insert_all
from accessctl.hub.doors import NOT_KNOWN
from accessctl.hub.intake import HeldLog, Intake, LogAlarm, TakenRecord, judge
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.last_grants import take_grants
from accessctl.hub.signatures import CertificateKeys, is_by
from accessctl.hub.tables import ALARM, DOOR, EVENT, JOINED
from accessctl.sync.wire import LogBatch, LogMark, LogReceipt, head_statement

log = logging.getLogger(__name__)


class LogRefusedError(HubError):
    """An alarm was raised of a door's log; its text is the alarm's."""


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """An alarm as it was kept; `time` is epoch seconds."""

    door: str
    name: str
    kind: str
    number: int
    time: float
    problem: str


@dataclass(frozen=True, slots=True)
class KeptRecord(TakenRecord):
    """A door's record: `record` are the bytes that were hashed; `name` is the door's."""

    door: str
    name: str


class Records:
    """What happened at all doors; everything raises StoreError. `now` is epoch time."""

    def __init__(
        self, database: HubDatabase, authority: Authority, now: Callable[[], float]
    ) -> None:
        self._database = database
        self._authority = authority
        self._now = now
        self._keys = CertificateKeys(database)

    def mark(self, door: str) -> LogMark:
        """Up to where this door's log is here."""
        with self._database.reading() as db:
            held = _held(db, db.execute(select(DOOR).where(DOOR.c.id == door)).one())
        if held is None:
            return LogMark(number=0, hash=None)
        return LogMark(number=held.mark.number, hash=held.mark.hash.hex())

    def mark_at(self, door: str, number: int) -> LogMark:
        """That record of the door, without a hash where it is not here."""
        with self._database.reading() as db:
            held = _held(db, db.execute(select(DOOR).where(DOOR.c.id == door)).one())
            digest = None if held is None else held.hash_of(number)
        return LogMark(number=number, hash=None if digest is None else digest.hex())

    def take(self, door: str, serial: str, batch: LogBatch) -> LogReceipt:
        """Keep what is new of a batch, on disk when this returns, and sign for all that is here.

        LogRefusedError for a batch that contradicts what is here: the alarm is kept, and what came
        before it. HubError for a door that counts no more, InputError for a forged signature.
        """
        signature = self._checked(door, serial, batch)
        with self._database.writing() as db:
            row = db.execute(select(DOOR).where(DOOR.c.id == door).with_for_update()).one()
            if row.state != JOINED:
                raise HubError(NOT_KNOWN)
            held = _held(db, row)
            intake = judge(held, batch)
            self._insert(db, door, intake)
            take_crossings(self._database, db, door, intake.taken, self._now())
            take_grants(self._database, db, door, intake.taken, self._now())
            mark = _new_mark(held, intake)
            values = _ends(intake.base, mark)
            if intake.alarm is None and batch.end.number >= (row.head_number or 0):
                values |= _head(batch.end.end, signature, serial)
            new = {name: value for name, value in values.items() if getattr(row, name) != value}
            # Most messages only say that the door is there: nothing is written for them.
            if new:
                db.execute(update(DOOR).where(DOOR.c.id == door).values(**new))
            if intake.alarm is not None:
                self._raise_alarm(db, door, row.name, intake.alarm)
        if intake.alarm is not None:
            raise LogRefusedError(in_words(row.name, intake.alarm))
        now = round(self._now(), 3)
        signed = self._authority.receipt(door, mark, now)
        return LogReceipt(number=mark.number, hash=mark.hash.hex(), time=now, signature=signed)

    def alarms(self) -> list[RaisedAlarm]:
        """All that were raised, the oldest first."""
        query = (
            select(ALARM, DOOR.c.name)
            .join(DOOR, DOOR.c.id == ALARM.c.door)
            .order_by(ALARM.c.time, ALARM.c.number)
        )
        with self._database.reading() as db:
            rows = db.execute(query).all()
        return [
            RaisedAlarm(row.door, row.name, row.kind, row.number, row.time, row.problem)
            for row in rows
        ]

    def query(
        self, *, name: str | None = None, since: float | None = None, kind: str | None = None
    ) -> Iterator[KeptRecord]:
        """The records that fit, by their time, as many as there are when it is asked."""
        query = select(EVENT, DOOR.c.name).join(DOOR, DOOR.c.id == EVENT.c.door)
        if name is not None:
            query = query.where(DOOR.c.name == name)
        if since is not None:
            query = query.where(EVENT.c.time >= since)
        if kind is not None:
            query = query.where(EVENT.c.kind == kind)
        ordered = in_pages(query.order_by(EVENT.c.time, EVENT.c.door, EVENT.c.number))
        with self._database.reading() as db, db.execute(ordered) as rows:
            for row in rows:
                yield _kept(row)

    def _checked(self, door: str, serial: str, batch: LogBatch) -> bytes:
        """The signature of the end of the door's log, made with the key of its certificate."""
        signature = bytes.fromhex(batch.signature)
        if not is_by(self._keys.key(serial), signature, head_statement(door, batch.end.end)):
            raise InputError("The end of the log is not signed by this door.")
        return signature

    def _insert(self, db: Connection, door: str, intake: Intake) -> None:
        if not intake.taken:
            return
        insert = sqlite.insert if self._database.is_embedded else postgresql.insert
        received = self._now()
        rows = [
            {
                "door": door,
                "number": one.number,
                "previous": one.previous,
                "hash": one.hash,
                "record": one.record,
                "time": one.time,
                "kind": one.kind,
                "received": received,
            }
            for one in intake.taken
        ]
        insert_all(db, insert(EVENT).on_conflict_do_nothing(), rows)

    def _raise_alarm(self, db: Connection, door: str, name: str, alarm: LogAlarm) -> None:
        """Keep it, once: a door goes on sending what is refused."""
        known = select(ALARM.c.number).where(
            ALARM.c.door == door, ALARM.c.kind == alarm.kind, ALARM.c.number == alarm.number
        )
        if db.execute(known).first() is not None:
            return
        now = self._now()
        db.execute(
            ALARM.insert().values(
                door=door,
                kind=alarm.kind.value,
                number=alarm.number,
                time=now,
                problem=alarm.problem,
                record=alarm.record,
            )
        )
        told = {"door": door, "kind": alarm.kind.value, "record": alarm.number}
        write_journal(self._database, db, JournalKind.ALARM, now, told)
        log.error("ALARM: %s", in_words(name, alarm))


def in_words(name: str, alarm: LogAlarm) -> str:
    """The alarm as a sentence that names door and record."""
    return f"{name}, record {alarm.number} ({alarm.kind.value}): {alarm.problem}."


def _held(db: Connection, door: Row[Any]) -> HeldLog | None:
    if door.mark_number is None:
        return None
    base = End(door.base_number, door.base_hash)
    mark = End(door.mark_number, door.mark_hash)

    def hash_of(number: int) -> bytes | None:
        if number in (base.number, mark.number):
            return base.hash if number == base.number else mark.hash
        query = select(EVENT.c.hash).where(EVENT.c.door == door.id, EVENT.c.number == number)
        found = db.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    signed = None if door.head_number is None else End(door.head_number, door.head_hash)
    return HeldLog(base, mark, hash_of, signed)


def _ends(base: End, mark: End) -> dict[str, object]:
    return {
        "base_number": base.number,
        "base_hash": base.hash,
        "mark_number": mark.number,
        "mark_hash": mark.hash,
    }


def _head(end: End, signature: bytes, serial: str) -> dict[str, object]:
    return {
        "head_number": end.number,
        "head_hash": end.hash,
        "head_signature": signature,
        "head_serial": serial,
    }


def _new_mark(held: HeldLog | None, intake: Intake) -> End:
    if intake.taken:
        return End(intake.taken[-1].number, intake.taken[-1].hash)
    return intake.base if held is None else held.mark


def _kept(row: Row[Any]) -> KeptRecord:
    return KeptRecord(
        number=row.number,
        previous=row.previous,
        hash=row.hash,
        record=row.record,
        time=row.time,
        kind=row.kind,
        door=row.door,
        name=row.name,
    )
