"""How each door is now, as far as its own records say: read once, then only what is new.

A door tells the hub nothing but what it writes down. What it is set to, whether its camera sees and
what is the matter follows from the last record of each kind.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from accessctl.domain import DoorwayWord, EventKind, Posture
from accessctl.hub.doors import KnownDoor
from accessctl.hub.event_search import EventSearch, SiteEvent

LOOKED_BACK = 2000
"""So many of a door's last records are read when it is first looked at."""

CAMERA = frozenset({"lost", "back", "flapping", "dark", "covered", "clear"})
SEES = frozenset({"back", "clear"})
ALARMS = frozenset(
    {DoorwayWord.FORCED, DoorwayWord.HELD, DoorwayWord.TAMPER, DoorwayWord.FIRE, DoorwayWord.DURESS}
)
_OVER: Mapping[str, str] = {
    DoorwayWord.TAMPER_OVER: DoorwayWord.TAMPER,
    DoorwayWord.FIRE_OVER: DoorwayWord.FIRE,
}
_GALLERY = frozenset({"gallery_stale", "gallery_unaccepted"})


@dataclass(frozen=True, slots=True)
class DoorNow:
    """None and empty: the records that were looked at do not say.

    `camera` is the last word of CAMERA, "started" where it has been without trouble since its
    start; `alarms` are words of ALARMS that nobody has silenced, `troubles` states of its service.
    """

    decision: SiteEvent | None = None
    posture: Posture | None = None
    face_entry: bool | None = None
    camera: str | None = None
    running: bool | None = None
    acting: bool = True
    alarms: frozenset[str] = frozenset()
    troubles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _ReadThrough:
    through: int = 0
    now: DoorNow = field(default_factory=DoorNow)


class DoorStates:
    """Any thread may ask; StoreError."""

    def __init__(self, search: EventSearch) -> None:
        self._search = search
        self._lock = threading.Lock()
        self._seen: dict[str, _ReadThrough] = {}

    def of(self, doors: Iterable[KnownDoor]) -> Mapping[str, DoorNow]:
        """How those doors are, by their ids, up to the records that the list of them names."""
        with self._lock:
            for door in doors:
                seen = self._seen.get(door.id, _ReadThrough(max(0, door.records - LOOKED_BACK)))
                if door.records > seen.through:
                    events = self._search.following(door.id, seen.through)
                    now = seen.now
                    for event in events:
                        now = after(now, event)
                    through = max((one.place.number for one in events), default=door.records)
                    seen = _ReadThrough(through, now)
                self._seen[door.id] = seen
            return {door.id: self._seen[door.id].now for door in doors}


def after(now: DoorNow, one: SiteEvent) -> DoorNow:
    """How a door is after one more of its records."""
    event = one.event
    if event.kind is EventKind.DECISION:
        return replace(now, decision=one)
    state = event.data.get("state")
    if not isinstance(state, str):
        return now
    if event.kind is EventKind.SERVICE:
        return _serviced(now, state)
    if event.kind is EventKind.DOORWAY:
        return _doorway(now, state, event.data)
    return now


def _serviced(now: DoorNow, state: str) -> DoorNow:
    if state == "started":
        return replace(now, running=True, camera="started", troubles=frozenset())
    if state == "stopped":
        return replace(now, running=False, camera=None)
    if state == "watching_only":
        return replace(now, acting=False)
    if state == "acting":
        return replace(now, acting=True)
    if state in _GALLERY:
        return replace(now, troubles=now.troubles - _GALLERY | {state})
    if state == "gallery_back":
        return replace(now, troubles=now.troubles - _GALLERY)
    if state == "reader_lost":
        return replace(now, troubles=now.troubles | {state})
    if state == "reader_back":
        return replace(now, troubles=now.troubles - {"reader_lost"})
    part, _, word = state.partition("_")
    return replace(now, camera=word) if part == "camera" and word in CAMERA else now


def _doorway(now: DoorNow, state: str, data: Mapping[str, object]) -> DoorNow:
    posture = data.get("posture")
    if state in (DoorwayWord.STARTED, DoorwayWord.POSTURE) and posture in list(Posture):
        now = replace(now, posture=Posture(str(posture)))
    if state == DoorwayWord.STARTED:
        lasting = {word for word in _OVER.values() if data.get(word) is True}
        return replace(
            now, face_entry=data.get("face_entry") is not False, alarms=frozenset(lasting)
        )
    if state == DoorwayWord.FACE_ENTRY:
        return replace(now, face_entry=data.get("on") is not False)
    if state in ALARMS:
        return replace(now, alarms=now.alarms | {state})
    if state in _OVER:
        return replace(now, alarms=now.alarms - {_OVER[state]})
    if state == DoorwayWord.CLOSED:
        return replace(now, alarms=now.alarms - {DoorwayWord.HELD})
    if state in (DoorwayWord.ACKNOWLEDGED, DoorwayWord.ALARM_OVER):
        told = data.get("alarms")
        over = told if isinstance(told, list) else [data.get("alarm")]
        return replace(now, alarms=now.alarms - {word for word in over if isinstance(word, str)})
    return now
