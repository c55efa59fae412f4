"""Events as they are written, by whatever process."""

from collections.abc import Callable, Iterator

from accessctl.audit.base import Log
from accessctl.domain import Event, EventKind, PersonId

POLL_S = 0.5


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
