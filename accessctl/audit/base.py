"""What the audit log promises, on disk or in memory."""

from collections.abc import Iterator
from typing import Protocol

from accessctl.domain import Event, EventKind, PersonId


class Log(Protocol):
    """An append-only list of events, numbered from 1 in the order they were written."""

    def append(self, event: Event) -> int:
        """Keep the event for good and return its number.

        Raises StoreError if that cannot be done now; the caller must then not act on
        it, and may try again later. Raises ValueError if `event.data` is not JSON.
        """

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

    def close(self) -> None: ...
