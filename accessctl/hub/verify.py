"""Do the hub's tables still say what the doors sent, and the journal what the hub wrote?

For each door: from what its first record here follows, each record's hash over the one before it
up to the mark, and the end that the door signed with the key of its certificate. The journal is one
chain, and the ends of logs in it are those of the records.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from accessctl.audit.append import End
from accessctl.audit.schema import GENESIS, link, record_bytes
from accessctl.errors import StoreError
from accessctl.hub.database import HubDatabase, in_pages
from accessctl.hub.journal import JournalKind
from accessctl.hub.signatures import is_signed
from accessctl.hub.tables import ALARM, DOOR, EVENT, JOURNAL
from accessctl.sync.wire import head_statement


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """The first thing that speaks against one chain: `door` is its name, empty for the journal."""

    door: str
    id: str
    number: int
    problem: str


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was read, what is broken, and how many alarms the doors' logs have raised."""

    doors: int
    records: int
    journal: int
    findings: tuple[ChainFinding, ...]
    alarms: int

    @property
    def is_sound(self) -> bool:
        return not self.findings and not self.alarms


def verify_site(database: HubDatabase) -> SiteReport:
    """Reads everything once, as it is at one moment; StoreError."""
    findings: list[ChainFinding] = []
    records = 0
    with database.reading() as db:
        doors = db.execute(select(DOOR).order_by(DOOR.c.name, DOOR.c.joined)).all()
        for door in doors:
            count, problem = _door(db, door)
            records += count
            findings += [] if problem is None else [problem]
        journal, problem = _journal(db)
        findings += [] if problem is None else [problem]
        alarms = len(db.execute(select(ALARM.c.number)).all())
    return SiteReport(len(doors), records, journal, tuple(findings), alarms)


def _door(db: Connection, door: Row[Any]) -> tuple[int, ChainFinding | None]:
    """How many records were read, and the first thing that speaks against them."""
    begins = End(0, GENESIS) if door.base_number is None else End(door.base_number, door.base_hash)
    if begins.number == 0 and begins.hash != GENESIS:
        return 0, _finding(door, 1, "it does not begin as every event log does")
    query = in_pages(select(EVENT).where(EVENT.c.door == door.id).order_by(EVENT.c.number))
    count, end = 0, begins
    signed = begins.hash if door.head_number == begins.number else None
    with db.execute(query) as rows:
        for row in rows:
            count += 1
            if row.number != end.number + 1:
                return count, _finding(door, end.number + 1, "it is missing")
            if row.previous != end.hash or link(end.hash, row.record) != row.hash:
                problem = "it is not what was written, or not where it was written"
                return count, _finding(door, row.number, problem)
            end = End(row.number, row.hash)
            signed = row.hash if row.number == door.head_number else signed
    if door.mark_number is not None and End(door.mark_number, door.mark_hash) != end:
        problem = f"it is missing; there were {door.mark_number} records"
        return count, _finding(door, end.number + 1, problem)
    # The end that a door signed last may be one whose records are still on their way.
    if door.head_number is not None and begins.number <= door.head_number <= end.number:
        is_so = signed == door.head_hash and _is_signed(db, door)
        if not is_so:
            return count, _finding(door, door.head_number, "it is not what the door signed")
    return count, None


def _finding(door: Row[Any], number: int, problem: str) -> ChainFinding:
    return ChainFinding(door.name, door.id, number, problem)


def _is_signed(db: Connection, door: Row[Any]) -> bool:
    try:
        statement = head_statement(door.id, End(door.head_number, door.head_hash))
        return is_signed(db, door.head_serial, door.head_signature, statement)
    except (StoreError, ValueError, TypeError):
        return False


def _journal(db: Connection) -> tuple[int, ChainFinding | None]:
    count, end = 0, End(0, GENESIS)
    with db.execute(in_pages(select(JOURNAL).order_by(JOURNAL.c.number))) as rows:
        for row in rows:
            count += 1
            if row.number != end.number + 1:
                return count, ChainFinding("", "", end.number + 1, "it is missing")
            record = record_bytes(row.number, row.time, row.kind, None, row.data)
            if link(end.hash, record) != row.hash:
                return count, ChainFinding("", "", row.number, "it is not what the hub wrote")
            end = End(row.number, row.hash)
            for door, number, digest in _heads(row):
                if not _is_there(db, door, number, digest):
                    problem = f"record {number} of door {door} is another one than it was then"
                    return count, ChainFinding("", "", row.number, problem)
    return count, None


def _heads(row: Row[Any]) -> Iterator[tuple[str, int, str]]:
    if row.kind == JournalKind.HEADS:
        for door, (number, digest) in json.loads(row.data)["heads"].items():
            yield door, number, digest


def _is_there(db: Connection, door: str, number: int, digest: str) -> bool:
    query = select(EVENT.c.hash).where(EVENT.c.door == door, EVENT.c.number == number)
    found = db.execute(query).scalar_one_or_none()
    if found is None:
        base = select(DOOR.c.base_hash).where(DOOR.c.id == door, DOOR.c.base_number == number)
        found = db.execute(base).scalar_one_or_none()
    return found is not None and found.hex() == digest
