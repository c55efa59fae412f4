"""An event log in memory, for tests and for trying things out."""

import threading
from collections.abc import Iterator

from accessctl.audit.record import Row, event_of, row_of
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError


class MemoryLog:
    """See base.Log. Set `full` to make it refuse, as a full disk would."""

    def __init__(self) -> None:
        self.full = False
        self._rows: list[Row] = []
        self._lock = threading.Lock()

    def append(self, event: Event) -> int:
        row = row_of(event)
        with self._lock:
            if self.full:
                raise StoreError("The event log cannot be written: the disk is full; make room.")
            self._rows.append(row)
            return len(self._rows)

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

    def close(self) -> None:
        """Nothing to do; it is there so that the fake fits base.Log."""
