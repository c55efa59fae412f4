"""Writing to the audit log from where a full disk must not stop the door."""

import logging
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


def person_event(change: str, person: PersonId, time: float) -> Event:
    """`change` is one of enrolled, photo_added, renamed, removed, rules_changed, pin_changed."""
    return Event(time, EventKind.PERSON, {"change": change}, person)
