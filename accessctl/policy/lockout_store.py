"""Lockouts kept in one small SQLite file, so that they outlive the door's process, and one door's
lockout as its loop asks for it.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.domain import PersonId
from accessctl.errors import StoreError
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout import Lockout, LockoutStanding, after
from accessctl.storage.sqlite import (
    FaultWords,
    connect,
    private_file,
    refuse_foreign,
    reported,
    transaction,
)

APPLICATION_ID = 0x61636C6B
BUSY_TIMEOUT_S = 2.0
# In the place of a person: the door's own.
DOOR = ""
WORDS = FaultWords.all_alike(
    "The lockouts in {path} cannot be read or written ({what}); "
    "check the disk and who may write there."
)

LockoutChange: TypeAlias = Callable[[LockoutStanding], LockoutStanding]

log = logging.getLogger(__name__)


class LockoutStore:
    """The lockout of each door by its name, and of each person at it; several processes may open
    the same file.

    Every method raises StoreError.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._reported():
            private_file(path)
            self._db = connect(path, busy_timeout_s)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def read(self, door: str) -> Lockout:
        """The door's own."""
        with self._lock, self._reported():
            return self._read(door, DOOR)

    def standing(self, door: str, person: PersonId | None) -> LockoutStanding:
        """The door's own, and that of a person at it."""
        with self._lock, self._reported():
            return self._standing(door, person)

    def people(self, door: str) -> dict[PersonId, Lockout]:
        """Of everybody who was refused at that door and not let in since."""
        with self._lock, self._reported():
            rows = self._db.execute(
                "SELECT person FROM refused WHERE door = ? AND person != ?", (door, DOOR)
            ).fetchall()
            return {PersonId(str(row[0])): self._read(door, str(row[0])) for row in rows}

    def change(self, door: str, change: Callable[[Lockout], Lockout]) -> Lockout:
        """Read, change and write the door's own in one transaction; on disk when this returns."""
        return self.change_both(
            door, None, lambda kept: LockoutStanding(change(kept.door), kept.person)
        ).door

    def change_both(
        self,
        door: str,
        person: PersonId | None,
        change: LockoutChange,
    ) -> LockoutStanding:
        """The same of the door's and of a person's at once."""
        with self._lock, self._reported():
            with transaction(self._db):
                before = self._standing(door, person)
                state = change(before)
                if state.door != before.door:
                    self._write(door, DOOR, state.door)
                if person is not None and state.person != before.person:
                    self._write(door, person, state.person)
            return state

    def clear(self, door: str, told: Callable[[Lockout, int], None]) -> tuple[Lockout, int]:
        """End the door's and everybody's lockout at it, once `told` of the door's and of how many
        people's has returned; what it raises leaves all as it was."""
        with self._lock, self._reported(), transaction(self._db):
            kept = self._read(door, DOOR)
            (people,) = self._db.execute(
                "SELECT count(*) FROM refused WHERE door = ? AND person != ?", (door, DOOR)
            ).fetchone()
            told(kept, people)
            self._db.execute("DELETE FROM refused WHERE door = ?", (door,))
            return kept, people

    def clear_person(self, door: str, person: PersonId, told: Callable[[Lockout], None]) -> Lockout:
        """The same of one person's own; the door's and everybody else's stay."""
        with self._lock, self._reported(), transaction(self._db):
            kept = self._read(door, person)
            told(kept)
            self._write(door, person, Lockout())
            return kept

    def close(self) -> None:
        with self._lock, self._reported():
            self._db.close()

    def __enter__(self) -> "LockoutStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        refuse_foreign(
            self._db,
            APPLICATION_ID,
            f"{self._path} is another program's database; name another policy.lockout.file.",
        )
        self._db.execute("PRAGMA synchronous = FULL")
        with transaction(self._db):
            self._db.execute(
                """CREATE TABLE IF NOT EXISTS refused (
                       door TEXT NOT NULL,
                       person TEXT NOT NULL,
                       refused REAL NOT NULL,
                       boot TEXT,
                       seconds REAL,
                       lasts_s REAL NOT NULL,
                       off INTEGER NOT NULL,
                       times INTEGER NOT NULL,
                       attacks INTEGER NOT NULL,
                       at REAL,
                       PRIMARY KEY (door, person)) STRICT"""
            )
            self._take_over_older()
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _take_over_older(self) -> None:
        """Lockouts that run, and doors that are off, of a release that counted for doors only."""
        older = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'lockout'"
        if self._db.execute(older).fetchone() is None:
            return
        self._db.execute(
            """INSERT OR IGNORE INTO refused
               SELECT door, ?, CASE off WHEN 0 THEN 0 ELSE refused END, boot, seconds, lasts_s,
                      off, 0, 0, NULL
               FROM lockout WHERE off != 0 OR boot IS NOT NULL""",
            (DOOR,),
        )
        self._db.execute("DROP TABLE lockout")

    def _standing(self, door: str, person: PersonId | None) -> LockoutStanding:
        own = Lockout() if person is None else self._read(door, person)
        return LockoutStanding(self._read(door, DOOR), own)

    def _read(self, door: str, person: str) -> Lockout:
        row = self._db.execute(
            "SELECT refused, boot, seconds, lasts_s, off, times, attacks, at FROM refused "
            "WHERE door = ? AND person = ?",
            (door, person),
        ).fetchone()
        if row is None:
            return Lockout()
        refused, boot, seconds, lasts_s, off, times, attacks, at = row
        # A damaged file gives other types than the table's.
        whole = type(off) is type(times) is type(attacks) is int
        whole = whole and type(refused) is type(lasts_s) is float
        known = type(boot) is str if boot is not None else seconds is None and at is None
        moments = all(one is None or type(one) is float for one in (seconds, at))
        if not (whole and known and moments and min(refused, lasts_s, times, attacks) >= 0):
            raise self._damaged()
        if boot is not None and seconds is None and at is None:
            raise self._damaged()
        since = None if seconds is None else Uptime(boot, seconds)
        counted = None if at is None else Uptime(boot, at)
        return Lockout(refused, since, lasts_s, bool(off), times, attacks, counted)

    def _damaged(self) -> StoreError:
        return StoreError(
            f"The lockouts in {self._path} are damaged; move the file away, and every "
            "lockout begins anew."
        )

    def _write(self, door: str, person: str, state: Lockout) -> None:
        if state == Lockout():
            self._db.execute("DELETE FROM refused WHERE door = ? AND person = ?", (door, person))
            return
        since, at = state.since, state.at
        boot = next((moment.boot for moment in (at, since) if moment is not None), None)
        self._db.execute(
            "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                door,
                person,
                float(state.refused),
                boot,
                None if since is None else since.seconds,
                state.lasts_s,
                int(state.off),
                state.times,
                state.attacks,
                None if at is None else at.seconds,
            ),
        )

    def _reported(self) -> AbstractContextManager[None]:
        return reported(self._path, WORDS)


class LockoutKeeper:
    """Once made, it never raises: while the disk fails, lockouts go on in memory.

    Threads may share one.
    """

    def __init__(
        self,
        store: LockoutStore,
        door: str,
        config: LockoutConfig,
        uptime: Callable[[], Uptime],
    ) -> None:
        """Takes over what was kept; StoreError when it cannot be read."""
        self._store = store
        self._door = door
        self._config = config
        self._uptime = uptime
        now = uptime()
        self._unsaved: dict[PersonId | None, Lockout] = {}
        self._lock = threading.Lock()
        self._seen: dict[PersonId | None, Lockout] = {}
        for person in (None, *store.people(door)):
            self._remember(person, store.change_both(door, person, partial(_settled, now)))

    def reconfigure(self, config: LockoutConfig) -> None:
        """Count by other rules from now on; what was counted stays."""
        with self._lock:
            self._config = config

    def remaining_s(self, person: PersonId | None = None) -> float:
        """Seconds until faces count again, 0 when they do; sees `unlock-face` at once.

        Of that person, where one is named: theirs or the door's, whichever is longer.
        """
        with self._lock:
            if not self._unsaved:
                try:
                    self._remember(person, self._store.standing(self._door, person))
                except StoreError as error:
                    log.error("Going on with the lockout as last seen: %s", error)
            return self._known(person).remaining_s(self._uptime())

    def note(self, verdict: Verdict, person: PersonId | None) -> None:
        """Count a verdict that was given on somebody, None: on nobody known; kept in memory while
        the disk does not take it."""
        now = self._uptime()

        def step(kept: LockoutStanding) -> LockoutStanding:
            # What could not be written is newer than what is on disk.
            door = self._unsaved.get(None, kept.door)
            own = kept.person if person is None else self._unsaved.get(person, kept.person)
            return after(LockoutStanding(door, own), verdict, now, self._config)

        with self._lock:
            try:
                self._write_down_the_rest()
                self._remember(person, self._store.change_both(self._door, person, step))
                self._unsaved.clear()
            except StoreError as error:
                state = after(self._known(person), verdict, now, self._config)
                self._remember(person, state)
                self._unsaved[None] = state.door
                if person is not None:
                    self._unsaved[person] = state.person
                log.error("A lockout could not be written down: %s", error)

    def _write_down_the_rest(self) -> None:
        """Of people whom nobody was judged as since the disk failed."""
        for person, state in self._unsaved.items():
            if person is not None:
                kept = partial(_with_person, state)
                self._store.change_both(self._door, person, kept)

    def _known(self, person: PersonId | None) -> LockoutStanding:
        own = Lockout() if person is None else self._seen.get(person, Lockout())
        return LockoutStanding(self._seen.get(None, Lockout()), own)

    def _remember(self, person: PersonId | None, state: LockoutStanding) -> None:
        self._seen[None] = state.door
        if person is not None:
            self._seen[person] = state.person


def _with_person(state: Lockout, kept: LockoutStanding) -> LockoutStanding:
    return LockoutStanding(kept.door, state)


def _settled(now: Uptime, kept: LockoutStanding) -> LockoutStanding:
    return LockoutStanding(kept.door.settled(now), kept.person.settled(now))
