"""Events as the console shows them: one line each, in the words of whoever reads. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accessctl.audit.base import ENTRY_FAILED
from accessctl.console.complaints import in_words
from accessctl.console.words import Words
from accessctl.domain import DoorwayWord, Event, EventKind, Outcome, PersonId
from accessctl.hub.event_search import SiteEvent


class Tone(StrEnum):
    """How a line is marked, by its colour and by a sign of its own beside it."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"
    ALARM = "alarm"
    TROUBLE = "trouble"
    NOTE = "note"


ALARMS = frozenset({DoorwayWord.FORCED, DoorwayWord.DURESS, DoorwayWord.TAMPER, DoorwayWord.FIRE})
TROUBLES = frozenset(
    {
        *(DoorwayWord.HELD, DoorwayWord.EXIT_STUCK, DoorwayWord.LINE_LOST),
        *(DoorwayWord.OUTPUT_FAILED, DoorwayWord.INTERLOCK_LOST, DoorwayWord.COMMAND_REFUSED),
        *(DoorwayWord.REFUSED, "camera_lost", "camera_dark", "camera_covered", "camera_flapping"),
        *("infrared_lost", "infrared_dark", "infrared_covered", "fault", "frame_fault"),
        *("wrong_pin", "unknown_badge", "pass_refused", "gallery_stale", "gallery_unaccepted"),
        *("mqtt_refused", "mqtt_dropped", "hub_refused", "hub_settings_refused", "reload_refused"),
        *("display_lost", "reader_lost", "controller_lost", "liveness_fault", "clock_jumped"),
        *("audit_mismatch", "config_not_accepted", ENTRY_FAILED),
    }
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the timeline; `id` is the element's, `place` where it stands among all.

    `explained`: there is more to say why. `pictured`: the door kept a picture of it. `nameable`:
    its visit may be given a name.
    """

    id: str
    place: str
    door: str
    number: int
    door_name: str
    iso: str
    clock: str
    tone: Tone
    sign: str
    title: str
    detail: str
    person: str | None
    explained: bool
    pictured: bool
    nameable: bool


@dataclass(frozen=True, slots=True)
class EventDay:
    """The events of one day as the wall clock says, the latest first."""

    iso: str
    title: str
    rows: tuple[EventRow, ...]


Nameable = Collection[tuple[str, int]]
"""Doors and numbers of decisions whose visits may be given a name."""


def event_days(
    events: Iterable[SiteEvent],
    words: Words,
    names: Mapping[PersonId, str],
    nameable: Nameable = (),
) -> tuple[EventDay, ...]:
    """Events that come latest first, by day."""
    days: dict[str, tuple[str, list[EventRow]]] = {}
    for one in events:
        row = event_row(one, words, names, nameable)
        title = words.day(one.event.time)
        days.setdefault(row.iso[:10], (title, []))[1].append(row)
    return tuple(EventDay(iso, title, tuple(rows)) for iso, (title, rows) in days.items())


def event_row(
    one: SiteEvent, words: Words, names: Mapping[PersonId, str], nameable: Nameable = ()
) -> EventRow:
    event, place = one.event, one.place
    whom = None if event.person is None else words.person(event.person, names.get(event.person))
    tone, sign, title, detail = _LINES[event.kind](event, words, whom)
    return EventRow(
        id=f"e-{place.door}-{place.number}",
        place=str(place),
        door=place.door,
        number=place.number,
        door_name=one.name,
        iso=words.iso(event.time),
        clock=words.clock(event.time),
        tone=tone,
        sign=sign,
        title=title,
        detail=detail,
        person=event.person,
        explained=event.kind is EventKind.DECISION,
        pictured=isinstance(event.data.get("snapshot"), str),
        nameable=(place.door, place.number) in nameable,
    )


def decision_sign(event: Event, words: Words) -> tuple[Tone, str]:
    """Of a decision: how it is marked, and its one word."""
    outcome = event.data.get("decision")
    if outcome not in list(Outcome):
        return Tone.NOTE, words("kind.decision")
    return Tone(outcome), words(f"outcome.{outcome}")


def reason_in_words(event: Event, words: Words) -> str:
    reason = str(event.data.get("reason") or "")
    return words.known(f"reason.{reason}", _plain(reason))


def _decision(event: Event, words: Words, whom: str | None) -> tuple[Tone, str, str, str]:
    tone, sign = decision_sign(event, words)
    return tone, sign, whom or words("events.somebody"), reason_in_words(event, words)


def _action(event: Event, words: Words, whom: str | None) -> tuple[Tone, str, str, str]:
    done = event.data.get("ok") is True
    name = _plain(str(event.data.get("action") or ""))
    title = words("events.action_done" if done else "events.action_failed", action=name)
    tone = Tone.NOTE if done else Tone.TROUBLE
    details = [whom or "", "" if done else str(event.data.get("detail") or "")]
    return tone, words("kind.action"), title, _joined(details)


def _person(event: Event, words: Words, whom: str | None) -> tuple[Tone, str, str, str]:
    change = str(event.data.get("change") or "")
    title = words.known(f"change.{change}", _plain(change))
    return Tone.NOTE, words("kind.person"), title, whom or ""


def _state(event: Event, words: Words, whom: str | None) -> tuple[Tone, str, str, str]:
    """Of the door's service and of its doorway: what it is at, and what that came of."""
    state = str(event.data.get("state") or "")
    tone = Tone.ALARM if state in ALARMS else Tone.TROUBLE if state in TROUBLES else Tone.NOTE
    sign = words("events.alarm") if tone is Tone.ALARM else words(f"kind.{event.kind.value}")
    title = words.known(f"state.{state}", _plain(state))
    return tone, sign, title, _joined([whom or "", *_said(event.data, words)])


def _said(data: Mapping[str, Any], words: Words) -> Sequence[str]:
    """What a state tells besides, as far as there are words for it."""
    told = []
    for key in ("posture", "cause", "by", "why", "error", "operator"):
        value = data.get(key)
        if isinstance(value, str) and value:
            # What a decision is explained by is whole sentences: "why." is theirs.
            sentence = in_words(value, words)
            otherwise = _plain(value) if sentence == value else sentence
            told.append(words.known(f"{_PREFIX.get(key, key)}.{value}", otherwise))
    return told


_PREFIX = {"why": "because"}


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


_LINES = {
    EventKind.DECISION: _decision,
    EventKind.ACTION: _action,
    EventKind.PERSON: _person,
    EventKind.SERVICE: _state,
    EventKind.DOORWAY: _state,
}
