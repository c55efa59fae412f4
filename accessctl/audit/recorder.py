"""Writing to the audit log from where a full disk must not stop the door."""

import logging
from collections.abc import Callable
from typing import Protocol

from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError

log = logging.getLogger(__name__)


class Recorder(Protocol):
    def append(self, event: Event) -> int:
        """The event's number, once it is on disk; StoreError when it cannot be written."""


def write_down(audit: Recorder, event: Event) -> bool:
    """True once `event` is on disk; False, and logged, when the log does not take it."""
    try:
        audit.append(event)
    except StoreError as error:
        about = {"visit": event.data.get("visit")}
        log.error("A %s event could not be written down: %s", event.kind.value, error, extra=about)
        return False
    return True


def recorder_of(
    audit: Recorder, change: str, now: Callable[[], float]
) -> Callable[[PersonId], object]:
    """What writes `change` down for the gallery, which keeps nothing when that raises.

    If the gallery then fails after all, the log tells of a change that was not made; never
    is one made that it does not tell of.
    """
    return lambda person: audit.append(person_event(change, person, now()))


def person_event(change: str, person: PersonId, time: float) -> Event:
    """`change` is one of enrolled, photo_added, renamed, removed, re_embedded, rules_changed,
    pin_changed."""
    return Event(time, EventKind.PERSON, {"change": change}, person)
