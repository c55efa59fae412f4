"""How each door is now, as far as its own records say: read once, then only what is new.

A door tells the hub nothing but what it writes down. What it is set to, whether its camera sees and
what is the matter follows from the last record of each kind.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from accessctl.config.liveness import Mode
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
    start; `is_open`: what the door's contact said last; `liveness` is a word of
    config.liveness.Mode; `alarms` are words of ALARMS that nobody has silenced, `troubles` states
    of its service.
    """

    decision: SiteEvent | None = None
    posture: Posture | None = None
    face_entry: bool | None = None
    is_open: bool | None = None
    liveness: str | None = None
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
        return replace(now, decision=one, liveness=_mode_in(event.data) or now.liveness)
    state = event.data.get("state")
    if not isinstance(state, str):
        return now
    if event.kind is EventKind.SERVICE:
        return _serviced(now, state, event.data)
    if event.kind is EventKind.DOORWAY:
        return _doorway(now, state, event.data)
    return now


def _mode_in(data: Mapping[str, object]) -> str | None:
    """How the door that decided looked for life; None where the record does not say."""
    evidence = data.get("evidence")
    cues = evidence.get("cues") if isinstance(evidence, Mapping) else None
    return _known_mode(cues.get("mode")) if isinstance(cues, Mapping) else None


def _known_mode(said: object) -> str | None:
    return said if isinstance(said, str) and said in get_args(Mode) else None


def _serviced(now: DoorNow, state: str, data: Mapping[str, object]) -> DoorNow:
    if state == "started":
        mode = _known_mode(data.get("liveness"))
        return replace(now, running=True, camera="started", liveness=mode, troubles=frozenset())
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
        leaf = {"open": True, "shut": False}.get(str(data.get("leaf")))
        lasting = {word for word in _OVER.values() if data.get(word) is True}
        faces = data.get("face_entry") is not False
        return replace(now, face_entry=faces, is_open=leaf, alarms=frozenset(lasting))
    if state == DoorwayWord.FACE_ENTRY:
        return replace(now, face_entry=data.get("on") is not False)
    if state == DoorwayWord.OPENED:
        return replace(now, is_open=True)
    if state == DoorwayWord.FORCED:
        now = replace(now, is_open=True)
    if state in ALARMS:
        return replace(now, alarms=now.alarms | {state})
    if state in _OVER:
        return replace(now, alarms=now.alarms - {_OVER[state]})
    if state == DoorwayWord.CLOSED:
        return replace(now, is_open=False, alarms=now.alarms - {DoorwayWord.HELD})
    if state in (DoorwayWord.ACKNOWLEDGED, DoorwayWord.ALARM_OVER):
        told = data.get("alarms")
        over = told if isinstance(told, list) else [data.get("alarm")]
        return replace(now, alarms=now.alarms - {word for word in over if isinstance(word, str)})
    return now
