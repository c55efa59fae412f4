"""The hub's own log: chained as a door's is, and over the ends of all doors' logs.

What the hub did with a door, each alarm, and each minute where the doors' logs end: so nobody can
write a door's records anew in the hub's database without writing all of this anew, too, and each
door holds receipts that then do not fit. Chained as in accessctl.audit.schema; `person` is nobody.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from accessctl.audit.append import End
from accessctl.audit.schema import GENESIS, link, record_bytes
from accessctl.hub.database import JOURNAL_LOCK, HubDatabase, insert_all
from accessctl.hub.tables import DOOR, JOURNAL

HEADS_AT_ONCE = 200

log = logging.getLogger(__name__)


class JournalKind(StrEnum):
    """What a record of the journal tells."""

    INVITED = "invited"
    JOINED = "joined"
    RENEWED = "renewed"
    REVOKED = "revoked"
    ALARM = "alarm"
    HEADS = "heads"
    COMMAND_ASKED = "command_asked"
    COMMAND_DONE = "command_done"
    COMMAND_REFUSED = "command_refused"
    COMMAND_LOST = "command_lost"
    WATCHED = "watched"
    INSIDE_SHOWN = "inside_shown"
    PERSON = "person"
    PROPOSAL = "proposal"
    DECIDED = "decided"
    SHOWN = "shown"
    RULES = "rules"
    SCOPE = "scope"
    SETTINGS = "settings"
    SITE_KEY = "site_key"
    RECEIPT = "receipt"
    CONSENT_TEXT = "consent_text"
    CONSENT = "consent"
    WITHHELD = "withheld"
    EXPIRY = "expiry"
    EXPIRY_SPANS = "expiry_spans"
    EXPORTED = "exported"
    CERTIFIED = "certified"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    OPERATOR_INVITED = "operator_invited"
    OPERATOR_CHANGED = "operator_changed"
    OPERATOR_REMOVED = "operator_removed"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    PROVED = "proved"
    ACT = "act"
    REFUSED = "refused"
    DIRECTORY = "directory"
    VISITOR_PASS = "visitor_pass"  # noqa: S105 - no secret


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """`data` is JSON text as it was hashed; `time` is epoch seconds."""

    number: int
    time: float
    kind: str
    data: str
    hash: bytes


def write_journal(
    database: HubDatabase, db: Connection, kind: JournalKind, time: float, *data: Mapping[str, Any]
) -> int:
    """One more record for each of the `data`, in the caller's transaction; the last one's number.
    StoreError."""
    database.lock(db, JOURNAL_LOCK)
    last = db.execute(
        select(JOURNAL.c.number, JOURNAL.c.hash).order_by(JOURNAL.c.number.desc()).limit(1)
    ).first()
    end = End(0, GENESIS) if last is None else End(last.number, last.hash)
    rows = []
    for one in data:
        text = json.dumps(one, sort_keys=True, separators=(",", ":"), allow_nan=False)
        number = end.number + 1
        digest = link(end.hash, record_bytes(number, float(time), kind.value, None, text))
        rows.append(
            {
                "number": number,
                "time": float(time),
                "kind": kind.value,
                "data": text,
                "hash": digest,
            }
        )
        end = End(number, digest)
    insert_all(db, JOURNAL.insert(), rows)
    return end.number


def latest_records(database: HubDatabase, kind: JournalKind, count: int) -> list[JournalRecord]:
    """At most so many records of that kind, the newest first; StoreError."""
    query = select(JOURNAL).where(JOURNAL.c.kind == kind).order_by(JOURNAL.c.number.desc())
    with database.reading() as db:
        rows = db.execute(query.limit(count)).all()
    return [JournalRecord(row.number, row.time, row.kind, row.data, row.hash) for row in rows]


def chain_heads(database: HubDatabase, known: dict[str, int], now: float) -> int:
    """Write down where the logs of those doors end that have gone on since; how many. StoreError.

    `known` is by door how far its log had come the last time, and is brought up to date.
    """
    with database.writing() as db:
        rows = db.execute(
            select(DOOR.c.id, DOOR.c.mark_number, DOOR.c.mark_hash).where(
                DOOR.c.mark_number.is_not(None)
            )
        ).all()
        moved = [row for row in rows if known.get(row.id) != row.mark_number]
        for part in _parts(moved):
            heads = {row.id: [row.mark_number, row.mark_hash.hex()] for row in part}
            write_journal(database, db, JournalKind.HEADS, now, {"heads": heads})
    known.update({row.id: row.mark_number for row in moved})
    return len(moved)


def _parts(rows: Sequence[Any]) -> Sequence[Sequence[Any]]:
    return [rows[at : at + HEADS_AT_ONCE] for at in range(0, len(rows), HEADS_AT_ONCE)]
