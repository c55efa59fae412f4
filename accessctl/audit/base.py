"""What an event log promises, what its users do with that promise, and a log in memory."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from accessctl.audit.schema import Row, event_of, row_of
from accessctl.domain import DoorwayWord, Event, EventKind, PersonId
from accessctl.errors import StoreError

log = logging.getLogger(__name__)

POLL_S = 0.5

ENTRY_FAILED = "entry_failed"
"""The state of an event that says of a granted visit that nobody could go in by it."""

LIVENESS_TESTED = "liveness_tested"
"""The state of an event that tells what an installer's self-test of liveness came to."""

NOT_ENTERED = frozenset({ENTRY_FAILED, DoorwayWord.NO_ENTRY.value, DoorwayWord.REFUSED.value})
"""The states of events that say of a granted visit that nobody went in by it."""


class Recorder(Protocol):
    """What keeps events; all that most of the house sees of an event log."""

    def append(self, event: Event) -> int:
        """Keep the event for good and return its number.

        Raises StoreError if that cannot be done now; the caller must then not act on
        it, and may try again later. Raises ValueError if `event.data` is not JSON.
        """


class Log(Recorder, Protocol):
    """An append-only list of events, numbered from 1 in the order they were written."""

    def query(
        self,
        *,
        since: float | None = None,
        person: PersonId | None = None,
        kind: EventKind | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Event]]:
        """Events with their numbers, oldest first, that fit every filter given.

        `since` is epoch seconds (inclusive), `after` a number (exclusive). Events that
        are written while the iterator is being read may be among them. Raises
        StoreError.
        """

    def clock_doubt_s(self) -> float | None:
        """How far the wall clock has jumped unconfirmed, seconds; None while it is believed.

        Looks at the clock now; raises StoreError.
        """

    def close(self) -> None: ...


def write_down(audit: Recorder, event: Event) -> bool:
    """True once `event` is on disk; False, and logged, when the log does not take it."""
    try:
        audit.append(event)
    except StoreError as error:
        about = {"visit": event.data.get("visit")}
        log.error("A %s event could not be written down: %s", event.kind.value, error, extra=about)
        return False
    return True


def person_event(
    change: str, person: PersonId, time: float, more: Mapping[str, Any] | None = None
) -> Event:
    """`change` is one of enrolled, photo_added, photo_removed, renamed, removed, rules_changed,
    pin_changed, controller_number_changed, badge_added, badge_removed, passback_forgiven,
    face_unlocked, and of what the hub did of a door's people hub_added, hub_changed, hub_renamed,
    hub_removed, hub_restrained (may nothing until a change is kept whole), hub_damaged (was not
    what was written here, and is asked for anew), hub_kept_out (named again though it had been
    removed from the site), and proposal_held or proposal_refused; `more` is what else the record
    says of it."""
    return Event(time, EventKind.PERSON, {"change": change, **(more or {})}, person)


def follow(
    log: Log,
    after: int,
    sleep: Callable[[float], None],
    stop: Callable[[], bool],
    *,
    since: float | None = None,
    person: PersonId | None = None,
    kind: EventKind | None = None,
) -> Iterator[tuple[int, Event]]:
    """Everything after number `after` that fits, then what comes, until `stop()`.

    Looks every half second; the writer's fsync, not the reader, sets the order, so no
    event is skipped or repeated. Raises StoreError.
    """
    while True:
        for number, event in log.query(since=since, person=person, kind=kind, after=after):
            yield number, event
            after = number
        if stop():
            return
        sleep(POLL_S)


class MemoryLog:
    """See Log. Set `full` to make it refuse, as a full disk would, `doubt_s` for a clock that has
    jumped."""

    def __init__(self) -> None:
        self.full = False
        self.doubt_s: float | None = None
        self._rows: list[Row] = []
        self._lock = threading.Lock()

    def append(self, event: Event) -> int:
        row = row_of(event)
        with self._lock:
            if self.full:
                raise StoreError("The event log cannot be written: the disk is full; make room.")
            self._rows.append(row)
            return len(self._rows)

    def append_all(self, events: Sequence[Event]) -> None:
        """All of them or none; StoreError."""
        rows = [row_of(event) for event in events]
        with self._lock:
            if self.full:
                raise StoreError("The event log cannot be written: the disk is full; make room.")
            self._rows += rows

    def query(
        self,
        *,
        since: float | None = None,
        person: PersonId | None = None,
        kind: EventKind | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Event]]:
        found = 0
        for number, row in list(enumerate(self._rows, 1)):
            event = event_of(row)
            if limit is not None and found >= limit:
                return
            if (
                number > after
                and (since is None or event.time >= since)
                and person in (None, event.person)
                and kind in (None, event.kind)
            ):
                found += 1
                yield number, event

    def clock_doubt_s(self) -> float | None:
        return self.doubt_s

    def close(self) -> None:
        """Nothing to do; it is there so that the fake fits Log."""
