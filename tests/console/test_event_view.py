from zoneinfo import ZoneInfo

import pytest

from accessctl.console.event_view import Tone, event_days, event_row
from accessctl.console.words import Words, catalogue
from accessctl.domain import DoorwayWord, Event, EventKind
from accessctl.hub.event_search import EventPlace, SiteEvent
from tests.console.sample_site import COLLINS, FRONT, GRANTED, NAMES, STRANGER, doorway, service

BERLIN = Words("en", catalogue(), ZoneInfo("Europe/Berlin"))
# 2026-01-30 22:30 UTC is still the 30th in Berlin; an hour later it is not.
LATE_EVENING = 1769812200.0


def at(event: Event, number: int = 7) -> SiteEvent:
    return SiteEvent(EventPlace(event.time, FRONT, number), "front-door", event, b"")


def test_a_decision_is_a_line_with_who_and_why() -> None:
    row = event_row(at(GRANTED.event(LATE_EVENING)), BERLIN, NAMES)
    assert (row.tone, row.sign, row.title, row.detail) == (
        Tone.GRANTED,
        "Granted",
        "Eileen Collins",
        "recognised",
    )
    assert (row.clock, row.iso) == ("23:30:00", "2026-01-30T23:30:00+01:00")
    assert row.id == f"e-{FRONT}-7"
    assert row.explained
    assert not row.pictured


def test_a_stranger_has_no_name() -> None:
    row = event_row(at(STRANGER.event(LATE_EVENING)), BERLIN, NAMES)
    assert (row.tone, row.title, row.person) == (Tone.UNKNOWN, "Somebody", None)


def test_the_events_of_one_day_stand_together_by_the_clock_of_the_door() -> None:
    hour = 3600.0
    events = [at(GRANTED.event(LATE_EVENING + hour * step), step) for step in (1, 0)]
    first, second = event_days(events, BERLIN, NAMES)
    assert (first.iso, second.iso) == ("2026-01-31", "2026-01-30")
    assert first.title == "Saturday, 31 January 2026"
    assert [row.number for row in first.rows] == [1]


@pytest.mark.parametrize(
    ("event", "tone", "sign", "title", "detail"),
    [
        (doorway("forced", 9.0, posture="normal"), Tone.ALARM, "Alarm", "Door forced", "Normal"),
        (service("camera_lost", 9.0), Tone.TROUBLE, "Service", "Camera lost", ""),
        (
            service("pass_refused", 9.0, why="over"),
            Tone.TROUBLE,
            "Service",
            "Pass refused",
            "it is not valid any more",
        ),
        (service("started", 9.0), Tone.NOTE, "Service", "Door started", ""),
        (doorway("no_such_state", 9.0), Tone.NOTE, "Doorway", "no such state", ""),
        (
            Event(9.0, EventKind.ACTION, {"action": "open-lock", "ok": True}, COLLINS),
            Tone.NOTE,
            "Action",
            "open-lock: done",
            "Eileen Collins",
        ),
        (
            Event(9.0, EventKind.ACTION, {"action": "bell", "ok": False, "detail": "no answer"}),
            Tone.TROUBLE,
            "Action",
            "bell: failed",
            "no answer",
        ),
        (
            Event(9.0, EventKind.PERSON, {"change": "renamed"}, COLLINS),
            Tone.NOTE,
            "Person",
            "Renamed",
            "Eileen Collins",
        ),
        (
            Event(9.0, EventKind.DECISION, {"decision": "perhaps", "reason": 7}),
            Tone.NOTE,
            "Decision",
            "Somebody",
            "7",
        ),
        (Event(9.0, EventKind.SERVICE, {"state": {}}), Tone.NOTE, "Service", "", ""),
    ],
    ids=["alarm", "trouble", "pass", "note", "newer", "done", "failed", "person", "odd", "damaged"],
)
def test_every_kind_is_told_in_words(event, tone, sign, title, detail) -> None:
    row = event_row(at(event), BERLIN, NAMES)
    assert (row.tone, row.sign, row.title, row.detail) == (tone, sign, title, detail)
    assert row.explained == (event.kind is EventKind.DECISION)


def test_the_gravest_words_of_a_doorway_are_alarms() -> None:
    for word in (DoorwayWord.FORCED, DoorwayWord.FIRE, DoorwayWord.TAMPER, DoorwayWord.DURESS):
        assert event_row(at(doorway(word.value, 9.0)), BERLIN, NAMES).tone is Tone.ALARM
