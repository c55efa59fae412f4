"""Does the log still say what was written? The first record that speaks against it."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accessctl.audit.append import (
    HEAD_BEGUN,
    MISMATCH,
    RESTORED,
    End,
    HeadFile,
    checkpoint,
    purged_through,
)
from accessctl.audit.schema import GENESIS, link, record_bytes
from accessctl.domain import EventKind
from accessctl.storage.parsing import shortened


@dataclass(frozen=True, slots=True)
class RecordFinding:
    """A record's number and what is the matter with it, as part of a sentence."""

    number: int
    problem: str


@dataclass(frozen=True, slots=True)
class LogReport:
    """`records` were read, the last of them `last` (0: none); `purged` ones came before.

    `covered` is the number up to which the sealed head vouches, None without a head.
    `noticed` are what the log itself wrote down about its head while in use; `alarm` is
    true when one of them, or `broken`, is a sign of tampering.
    """

    records: int
    purged: int
    last: int
    covered: int | None
    broken: RecordFinding | None
    noticed: tuple[RecordFinding, ...]
    alarm: bool


# A few milliseconds of work.
BITE = 200


def no_pause() -> None:
    """For whoever has the machine for themselves."""


def verify(
    db: sqlite3.Connection, head: HeadFile | None, pause: Callable[[], None] = no_pause
) -> LogReport:
    """Read the whole log once; it may be written meanwhile. sqlite3.Error, OSError.

    `pause` is called every BITE records and may raise to end it.
    """
    # The head first: what is written after this can only make the log longer.
    sealed, complaint = _sealed(head)
    db.execute("BEGIN")
    try:
        return _Walk(db, head, sealed, complaint).report(pause)
    finally:
        db.execute("ROLLBACK")


class _Walk:
    """One reading of the log from its beginning, or its checkpoint, to its end."""

    def __init__(
        self, db: sqlite3.Connection, head: HeadFile | None, sealed: End | None, complaint: str
    ) -> None:
        self._db = db
        self._sealed = sealed
        self._broken: RecordFinding | None = None
        self._noticed: list[RecordFinding] = []
        self._alarm = False
        self._end = self._beginning(head)
        self._purged = self._end.number
        self._records = 0
        # A purge that was killed may have left the head at a record that is gone.
        self._head_seen = sealed is not None and sealed.number <= self._purged
        self._complaint = complaint

    def report(self, pause: Callable[[], None]) -> LogReport:
        rows = self._db.execute("SELECT id, time, kind, person, data, hash FROM event ORDER BY id")
        for number, *values, digest in rows:
            self._read(number, values, digest)
            if self._records % BITE == 0:
                pause()
        self._compare_with_head()
        covered = None if self._sealed is None else self._sealed.number
        return LogReport(
            self._records,
            self._purged,
            self._end.number,
            covered,
            self._broken,
            tuple(self._noticed),
            self._alarm or self._broken is not None,
        )

    def _beginning(self, head: HeadFile | None) -> End:
        found = checkpoint(self._db)
        if found is None:
            if self._db.execute("SELECT 1 FROM checkpoint").fetchone() is not None:
                self._break(1, "what tells where a purged log begins is damaged")
            return End(0, GENESIS)
        end, _ = found
        if head is not None and purged_through(self._db, head) != end.number:
            self._break(end.number + 1, "the records before it were removed without the audit key")
        return end

    def _read(self, number: int, values: list[Any], digest: object) -> None:
        self._records += 1
        if number != self._end.number + 1:
            self._break(self._end.number + 1, "it is missing")
        try:
            computed = link(self._end.hash, record_bytes(number, *values))
        except ValueError as error:
            computed = None
            self._break(number, f"it is damaged: {error}")
        if computed != digest:
            self._break(number, "it is not what was written, or not where it was written")
        self._notice(number, *values)
        self._end = End(number, digest if isinstance(digest, bytes) else b"")
        if self._sealed is not None and number == self._sealed.number:
            self._head_seen = digest == self._sealed.hash

    def _notice(self, number: int, _time: object, kind: object, _who: object, data: Any) -> None:
        # Cheap first: most records are not about the log.
        if kind != EventKind.SERVICE.value or '"audit_' not in str(data):
            return
        try:
            said = json.loads(data)
        except (ValueError, TypeError, RecursionError):
            return
        if not isinstance(said, dict):
            return
        if said.get("state") == MISMATCH:
            self._alarm = True
            self._noticed.append(RecordFinding(number, shortened(str(said.get("problem")))))
        elif said.get("state") == HEAD_BEGUN:
            self._noticed.append(
                RecordFinding(number, "a head was begun; before it there was none")
            )
        elif said.get("state") == RESTORED:
            self._noticed.append(RecordFinding(number, _restored(said)))

    def _compare_with_head(self) -> None:
        if self._sealed is None:
            if self._complaint:
                self._break(self._end.number, self._complaint)
        elif self._sealed.number > self._end.number:
            problem = f"it is missing; the head says that there were {self._sealed.number} records"
            self._break(self._end.number + 1, problem)
        elif not self._head_seen:
            self._break(self._sealed.number, "it is not the record that the head was sealed with")

    def _break(self, number: int, problem: str) -> None:
        if self._broken is None:
            self._broken = RecordFinding(number, problem)


def _restored(said: dict[str, Any]) -> str:
    """A record of a restoring, as part of a sentence; its figures may be anything."""
    ends = [said.get("head"), said.get("before")]
    last, before = (end if type(end) is int else None for end in ends)
    text = f"the log was restored from a backup that ended at record {last}"
    if before is None or last is None:
        return text
    return f"{text}; before that, the log had ended at record {before}"


def _sealed(head: HeadFile | None) -> tuple[End | None, str]:
    """The head's end, or what is to be said about a head that should be there."""
    if head is None:
        return None, ""
    try:
        sealed = head.read()
    except FileNotFoundError:
        return None, f"nothing shows that it was the last one, the head {head.path} is missing"
    if sealed is None:
        return None, f"the head {head.path} is damaged, or was sealed with another key"
    return sealed, ""
