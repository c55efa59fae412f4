"""Which records of a batch the hub takes, and what speaks against the others: pure.

The hub has a door's log up to its `mark`. A batch goes on from there, repeats what is there, or
contradicts it; the first contradiction is an alarm, and nothing from there on is taken.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accessctl.audit.append import End
from accessctl.audit.schema import GENESIS, LATEST, check_sent, link, record_bytes
from accessctl.sync.wire import LogBatch, SentRecord

# A newer door may tell of kinds that this hub does not know.
KIND = re.compile(r"[a-z_]{1,16}", re.ASCII)


class AlarmKind(StrEnum):
    """What a door's log does that no honest log does."""

    FORK = "fork"
    GAP = "gap"
    ROLLBACK = "rollback"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class LogAlarm:
    """What is the matter with which record, as a sentence; `record` are its bytes where it was
    sent."""

    kind: AlarmKind
    number: int
    problem: str
    record: bytes | None = None


@dataclass(frozen=True, slots=True)
class TakenRecord:
    """A record that goes on from the one whose hash is `previous`; `time` is epoch seconds."""

    number: int
    previous: bytes
    hash: bytes
    record: bytes
    time: float
    kind: str


@dataclass(frozen=True, slots=True)
class HeldLog:
    """What the hub has of a door's log: what its first record follows, and its last one.

    `signed` is the last end that the door signed, which may be of a record that is still to come.
    `hash_of` gives the hash of a record that is there, and of what the first one follows.
    """

    base: End
    mark: End
    hash_of: Callable[[int], bytes | None]
    signed: End | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """`base` is what the first record that the hub has of this door follows."""

    base: End
    taken: tuple[TakenRecord, ...]
    alarm: LogAlarm | None = None


def judge(held: HeldLog | None, batch: LogBatch) -> Intake:
    """What becomes of a batch; `held` is None where the hub has nothing of that door yet."""
    after, end = batch.after.end, batch.end.end
    if held is None:
        if after.number == 0 and after.hash != GENESIS:
            problem = "it does not begin as every event log does"
            return Intake(End(0, GENESIS), (), LogAlarm(AlarmKind.BROKEN, 1, problem))
        held = HeldLog(after, after, lambda number: after.hash if number == after.number else None)
    alarm = _before_the_records(held, batch.mark, after, end)
    if alarm is not None:
        return Intake(held.base, (), alarm)
    taken, alarm = _records(held, after, batch.records)
    last = taken[-1].number if taken else max(after.number, *_numbers(batch.records))
    if alarm is None and end.number < last:
        alarm = LogAlarm(
            AlarmKind.ROLLBACK,
            end.number + 1,
            f"its log ends at record {end.number}, and it sent record {last}",
        )
    return Intake(held.base, tuple(taken), alarm)


def _numbers(records: Sequence[SentRecord]) -> list[int]:
    return [record.number for record in records] or [0]


def _before_the_records(held: HeldLog, said: int, after: End, end: End) -> LogAlarm | None:
    if end.number < said:
        return LogAlarm(
            AlarmKind.ROLLBACK,
            end.number + 1,
            f"its log ends at record {end.number}, but the hub has record {said} of it: it was "
            "put back to an older state, or its end was cut off",
        )
    if after.number > held.mark.number:
        missing = held.mark.number + 1
        return LogAlarm(
            AlarmKind.GAP,
            missing,
            f"records {missing} to {after.number} were never sent, and its log begins after them",
        )
    if after.number >= held.base.number and held.hash_of(after.number) != after.hash:
        return _fork(after.number, None)
    return None


def _records(
    held: HeldLog, after: End, sent: Sequence[SentRecord]
) -> tuple[list[TakenRecord], LogAlarm | None]:
    taken: list[TakenRecord] = []
    mark, before = held.mark, after
    for one in sent:
        record, digest = one.record.encode("utf-8"), bytes.fromhex(one.hash)
        if one.number != before.number + 1:
            missing = before.number + 1
            problem = f"record {one.number} was sent where record {missing} belongs"
            return taken, LogAlarm(AlarmKind.GAP, missing, problem, record)
        found = _parsed(one.number, record)
        if found is None or link(before.hash, record) != digest:
            problem = "it is not what was written, or not where it was written"
            return taken, LogAlarm(AlarmKind.BROKEN, one.number, problem, record)
        known = _known(held, one.number)
        if known is not None and known != digest:
            return taken, _fork(one.number, record)
        if one.number > mark.number:
            mark = End(one.number, digest)
            taken.append(TakenRecord(one.number, before.hash, digest, record, *found))
        before = End(one.number, digest)
    return taken, None


def _known(held: HeldLog, number: int) -> bytes | None:
    """The hash that this record has if it is what the door sent, or signed; None for a new one."""
    if held.base.number < number <= held.mark.number:
        return held.hash_of(number)
    if held.signed is not None and held.signed.number == number:
        return held.signed.hash
    return None


def _fork(number: int, record: bytes | None) -> LogAlarm:
    problem = "the door has another record than it had sent or signed: its log was rewritten"
    return LogAlarm(AlarmKind.FORK, number, problem, record)


def _parsed(number: int, record: bytes) -> tuple[float, str] | None:
    """Time and kind of a record; None for bytes that no event log hashes."""
    try:
        at, time, kind, person, data = json.loads(record)
        is_one = at == number and record_bytes(at, time, kind, person, data) == record
        # Whoever reads the hub's records reads this, too.
        check_sent(data)
    except (ValueError, TypeError, RecursionError):
        return None
    return (time, kind) if is_one and 0 <= time <= LATEST and KIND.fullmatch(kind) else None
