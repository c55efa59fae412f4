"""Who went which way last, as the event log of all doors of an area tells."""

from collections.abc import Mapping
from typing import Any

from accessctl.audit.base import Log
from accessctl.config.policy import AccessConfig, Passage
from accessctl.domain import Event, EventKind, Outcome, PersonId, Reason
from accessctl.policy.passback import Crossing


class Crossings:
    """Follows the log, which is kept by this door and may be by others; outlives restarts."""

    def __init__(self, log: Log, access: AccessConfig) -> None:
        """Reads nothing yet."""
        self._log = log
        self._area = access.area
        self._reset_after_s = access.reset_after_h * 3600
        self._last: dict[PersonId, tuple[Passage, float]] = {}
        self._read: int | None = None

    def under(self, access: AccessConfig) -> "Crossings":
        """By another configuration, whose area may be another one."""
        return Crossings(self._log, access)

    def last(self, person: PersonId, time: float) -> Crossing | None:
        """That person's last one before the epoch time `time`; StoreError.

        One that lies after it, when the clock was set back, counts as one of this moment.
        """
        self._catch_up(time)
        found = self._last.get(person)
        return None if found is None else Crossing(found[0], max(0.0, time - found[1]))

    def _catch_up(self, time: float) -> None:
        since = time - self._reset_after_s if self._read is None else None
        for number, event in self._log.query(
            since=since, after=self._read or 0, kind=EventKind.DECISION
        ):
            self._read = number
            passage = passage_of(event, self._area)
            if passage is not None and event.person is not None:
                self._last[event.person] = passage, event.time
        self._read = self._read or 0


def passage_of(event: Event, area: str) -> Passage | None:
    """Which way a decision's event says that somebody went, None where it says nothing."""
    data = event.data
    if data.get("decision") != Outcome.GRANTED or data.get("area") != area:
        return None
    direction = data.get("direction")
    return direction if direction in ("in", "out") else None


def passage_data(access: AccessConfig, reason: Reason, *, again: bool) -> Mapping[str, Any]:
    """What a decision's event says of it; `again`: granted although nobody saw them go out."""
    if access.direction == "none":
        return {}
    noted = {"passback": True} if again and reason is Reason.MATCHED else {}
    return {"direction": access.direction, "area": access.area, **noted}
