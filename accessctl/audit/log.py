"""The event log in one SQLite file."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from accessctl.audit.append import (
    SLICE,
    HeadFile,
    append_all,
    fold_in,
    last_above,
    last_before,
    purge,
)
from accessctl.audit.clock_watch import ClockLook, ClockWatch, jump_in_words, keep
from accessctl.audit.schema import MIGRATIONS, Row, configure, event_of, migrate, reported, row_of
from accessctl.audit.verify import LogReport, no_pause, verify
from accessctl.clock import Clocks
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError
from accessctl.storage.files import identity, is_still
from accessctl.storage.sqlite import Migrations, connect, private_file

BUSY_TIMEOUT_S = 5.0
PAGE = 500


class EventLog:
    """See accessctl.audit.base.Log. Threads may share one; processes may open the same file.

    It holds ids of people, never names. The file is 0600, a folder that has to be made
    0700. An event is on the disk (fsync) when `append` returns.
    """

    def __init__(
        self,
        path: Path,
        *,
        head: HeadFile | None = None,
        clocks: Clocks | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        migrations: Migrations = MIGRATIONS,
    ) -> None:
        """Open or create it; a lock of another process is waited for `busy_timeout_s`.

        With `head`, each event moves the sealed head on; without, records that are added
        are chained but not covered by it. With `clocks`, a jump of the wall clock is written
        down before the next event, and nothing is removed by its age while that is in doubt;
        without, every `now` is believed. An older file is brought up to date by `migrations`.

        Raises StoreError: locked, damaged, not an event log, not readable or writable.
        """
        self._path = path
        self._head = head
        self._watch = None if clocks is None else ClockWatch(clocks)
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        with reported(path):
            private_file(path)
            self._db = self._connect()
            try:
                configure(self._db, path, busy_timeout_s)
                migrate(self._db, path, migrations)
                self._file = identity(path)
            except BaseException:
                self._db.close()
                raise

    def append(self, event: Event) -> int:
        return self._append([row_of(event)])

    def append_all(self, events: Sequence[Event]) -> None:
        """All of them, or none, with one wait for the disk; as `append`."""
        self._append([row_of(event) for event in events])

    def _append(self, rows: list[Row]) -> int:
        with self._lock, reported(self._path):
            self._check_file()
            if self._watch is None:
                return append_all(self._db, lambda _: rows, self._head).number
            look = self._watch.look
            return append_all(self._db, lambda db: [*_kept(db, look(db)), *rows], self._head).number

    def clock_doubt_s(self) -> float | None:
        """How far the wall clock has jumped without anything or anybody saying that it is right.

        None while it is believed. Looks now, and writes down what is new; StoreError.
        """
        if self._watch is None:
            return None
        look = self._watch.look
        with self._lock, reported(self._path):
            self._check_file()
            seen = look(self._db)
            if seen.told or seen.is_due:
                append_all(self._db, lambda db: _kept(db, look(db)), self._head)
            return seen.anchor.doubt_s

    def clock_doubt_seen_s(self) -> float | None:
        """As `clock_doubt_s`, but nothing is written down; for whoever only looks."""
        if self._watch is None:
            return None
        with self._lock, reported(self._path):
            return self._watch.look(self._db).anchor.doubt_s

    def confirm_clock(self) -> None:
        """The owner says that the wall clock is right: believe it, on record; StoreError."""
        if self._watch is None:
            raise ValueError("a log that knows no clocks has none to confirm")
        confirmed = self._watch.confirmed
        with self._lock, reported(self._path):
            self._check_file()
            append_all(self._db, lambda db: _kept(db, confirmed(db)), self._head)

    def query(
        self,
        *,
        since: float | None = None,
        person: PersonId | None = None,
        kind: EventKind | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Event]]:
        filters: dict[str, object] = {"since": since, "person": person, "kind": kind}
        left = float("inf") if limit is None else limit
        # A connection of its own, so that a long scan does not keep `append` waiting;
        # and page by page, so that a slow reader does not keep the write-ahead log
        # from being folded into the file.
        with reported(self._path):
            reader = self._connect()
        with closing(reader):
            after = max(after, self._number_before(reader, since))
            while left > 0:
                rows = self._page(reader, filters, after, int(min(PAGE, left)))
                for number, *row in rows:
                    yield number, self._event(number, tuple(row))
                    after = number
                left -= len(rows)
                if len(rows) < PAGE:
                    return

    def records(self, since: float | None = None) -> Iterator[tuple[int, Event, str]]:
        """Number, event and hash (hex) of every record from `since` on; StoreError."""
        with reported(self._path):
            reader = self._connect()
        with closing(reader):
            after = self._number_before(reader, since)
            while True:
                with reported(self._path):
                    rows = reader.execute(
                        "SELECT id, time, kind, person, data, hash FROM event "
                        "WHERE id > ? ORDER BY id LIMIT ?",
                        (after, PAGE),
                    ).fetchall()
                for number, *row, digest in rows:
                    after = number
                    event = self._event(number, tuple(row))
                    if since is None or event.time >= since:
                        yield number, event, digest.hex() if isinstance(digest, bytes) else ""
                if len(rows) < PAGE:
                    return

    def verify(self, pause: Callable[[], None] = no_pause) -> LogReport:
        """What the whole log and its head say about each other; StoreError."""
        with reported(self._path):
            reader = self._connect()
        with closing(reader), reported(self._path):
            return verify(reader, self._head, pause)

    def purge(self, before: float, now: float, *, unsent_after: int | None = None) -> int:
        """Remove the records older than `before`, see purge.purge; how many; StoreError.

        A log that does not verify is left as it is: it is evidence. So is one whose clock is
        in doubt, see `clock_doubt_s`. Where `unsent_after` is given, records after that one are
        nowhere else yet, and stay.
        """
        return self.trim(before, None, now, unsent_after=unsent_after)

    def trim(
        self,
        before: float | None,
        max_bytes: float | None,
        now: float,
        pause: Callable[[], None] = no_pause,
        *,
        at_once: int = SLICE,
        unsent_after: int | None = None,
    ) -> int:
        """As `purge`, and of the others the oldest until they take about `max_bytes`.

        `append` waits for no more than a slice of `at_once` records; `pause` is called between
        slices.
        """
        if before is None and max_bytes is None:
            return 0
        if self._head is None:
            raise StoreError("The event log can be purged only with its audit key; restore it.")
        if before is not None:
            self._refuse_doubtful_clock()
        with self._lock, reported(self._path):
            too_old = 0 if before is None else last_before(self._db, before)
            too_many = 0 if max_bytes is None else last_above(self._db, max_bytes)
        through = max(too_old, too_many)
        if unsent_after is not None:
            through = min(through, unsent_after)
        if not through:
            return 0
        broken = self.verify(pause).broken
        if broken is not None:
            raise StoreError(
                f"The event log {self._path} is broken at record {broken.number} "
                f"({broken.problem}); keep it as evidence, it was not purged."
            )
        return self._remove(through, self._head, now, pause, at_once)

    def _remove(
        self,
        through: int,
        head: HeadFile,
        now: float,
        pause: Callable[[], None],
        at_once: int,
    ) -> int:
        count = 0
        while True:
            with self._lock, reported(self._path):
                self._check_file()
                removed = purge(self._db, head, through, now, at_once)
                if not removed:
                    fold_in(self._db)
                    return count
            count += removed
            pause()

    def close(self) -> None:
        with self._lock, reported(self._path):
            self._db.close()

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> sqlite3.Connection:
        return connect(self._path, self._busy_timeout_s)

    def _refuse_doubtful_clock(self) -> None:
        doubt_s = self.clock_doubt_s()
        if doubt_s is not None:
            raise StoreError(
                f"Nothing was removed by its age: the clock {jump_in_words(doubt_s)}; have it "
                "synchronised, or say that it is right with `accessctl clock confirm`."
            )

    def _check_file(self) -> None:
        # SQLite would go on writing to a file that nobody can find any more.
        if not is_still(self._path, self._file):
            raise StoreError(
                f"The event log {self._path} was moved or replaced while in use; "
                "put it back, or restart accessctl to begin a new one."
            )

    def _number_before(self, reader: sqlite3.Connection, since: float | None) -> int:
        # A scan of the time index alone is many times cheaper than one of all rows.
        if since is None:
            return 0
        with reported(self._path):
            found = reader.execute("SELECT min(id) FROM event WHERE time >= ?", (since,)).fetchone()
        return 0 if found[0] is None else int(found[0]) - 1

    def _page(
        self, reader: sqlite3.Connection, filters: dict[str, object], after: int, size: int
    ) -> list[tuple[int, float, str, str | None, str]]:
        conditions = ["id > :after"]
        if filters["since"] is not None:
            conditions.append("time >= :since")
        conditions += [
            f"{name} = :{name}" for name in ("person", "kind") if filters[name] is not None
        ]
        query = (
            "SELECT id, time, kind, person, data FROM event "  # noqa: S608 - fixed words only
            f"WHERE {' AND '.join(conditions)} ORDER BY id LIMIT :size"
        )
        with reported(self._path):
            return reader.execute(query, {**filters, "after": after, "size": size}).fetchall()

    def _event(self, number: int, row: tuple[object, ...]) -> Event:
        try:
            return event_of(row)
        except ValueError as error:
            raise StoreError(
                f"Event {number} of the log {self._path} cannot be read ({error}); "
                "keep the file as evidence and move it away to begin a new one."
            ) from error


def _kept(db: sqlite3.Connection, seen: ClockLook) -> list[Row]:
    """The rows of what was seen, whose anchor is kept."""
    keep(db, seen.anchor)
    return [row_of(event) for event in seen.told]
