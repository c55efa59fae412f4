from functools import reduce

import pytest

from accessctl.domain import Event, Posture
from accessctl.hub.door_states import DoorNow, DoorStates, after
from accessctl.hub.doors import Doors
from accessctl.hub.event_search import EventPlace, EventSearch, SiteEvent
from tests.console.sample_site import (
    FRONT,
    GRANTED,
    STRANGER,
    doorway,
    put_door,
    put_events,
    service,
)

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


def told(*events: Event) -> DoorNow:
    placed = (SiteEvent(EventPlace(one.time, FRONT, 1), "front", one, b"") for one in events)
    return reduce(after, placed, DoorNow())


def test_a_door_that_has_started_sees_and_is_set_to_what_it_says() -> None:
    now = told(
        service("started", 1.0),
        doorway("doorway_started", 2.0, posture="locked_down", face_entry=False, fire=True),
    )
    assert (now.running, now.camera, now.posture) == (True, "started", Posture.LOCKED_DOWN)
    assert now.face_entry is False
    assert now.alarms == {"fire"}


def test_each_word_stands_until_another_takes_it_back() -> None:
    assert told(service("camera_lost", 1.0), service("camera_back", 2.0)).camera == "back"
    assert told(doorway("posture", 1.0, posture="evacuation")).posture is Posture.EVACUATION
    assert told(doorway("face_entry", 1.0, on=False)).face_entry is False
    assert told(service("watching_only", 1.0)).acting is False
    assert told(service("watching_only", 1.0), service("acting", 2.0)).acting is True
    assert told(service("gallery_stale", 1.0)).troubles == {"gallery_stale"}
    assert not told(service("gallery_stale", 1.0), service("gallery_back", 2.0)).troubles
    assert told(service("started", 1.0), service("stopped", 2.0)).running is False


def test_an_alarm_stands_until_it_is_over_or_somebody_has_acknowledged_it() -> None:
    forced = doorway("forced", 1.0)
    assert told(forced).alarms == {"forced"}
    assert not told(forced, doorway("acknowledged", 2.0, alarms=["forced"])).alarms
    assert not told(forced, doorway("alarm_over", 2.0, alarm="forced", why="time")).alarms
    assert told(forced, doorway("closed", 2.0)).alarms == {"forced"}
    assert not told(doorway("held", 1.0), doorway("closed", 2.0)).alarms
    assert not told(doorway("tamper", 1.0), doorway("tamper_over", 2.0)).alarms
    assert told(doorway("acknowledged", 1.0, alarms={"odd": 1})) == DoorNow()


def test_what_the_contact_said_last_counts() -> None:
    opened = doorway("opened", 1.0)
    assert told(opened).is_open is True
    assert told(opened, doorway("closed", 2.0)).is_open is False
    assert told(doorway("forced", 1.0)).is_open is True
    for leaf, is_open in (("open", True), ("shut", False), ("unknown", None)):
        assert told(opened, doorway("doorway_started", 2.0, leaf=leaf)).is_open is is_open
    # A door without a contact says nothing of it.
    assert told(doorway("doorway_started", 1.0), doorway("unlocked", 2.0)).is_open is None


def test_how_life_is_looked_for_says_the_start_and_each_decision() -> None:
    assert told(service("started", 1.0, liveness="challenge")).liveness == "challenge"
    assert told(GRANTED.event(1.0)).liveness == "passive"
    assert told(GRANTED.event(1.0), service("started", 2.0, liveness="off")).liveness == "off"
    # An older door says nothing when it starts; its decisions do.
    assert told(service("started", 1.0)).liveness is None
    assert told(service("started", 1.0, liveness="odd")).liveness is None
    bare = Event(2.0, GRANTED.event(2.0).kind, {"decision": "granted", "evidence": {"cues": []}})
    assert told(service("started", 1.0, liveness="passive"), bare).liveness == "passive"


def test_the_last_decision_is_kept_whatever_comes_after() -> None:
    now = told(GRANTED.event(1.0), STRANGER.event(2.0), service("camera_dark", 3.0))
    assert now.decision is not None
    assert now.decision.event.data["decision"] == "unknown"


@pytest.mark.parametrize("event", [service("no_such", 1.0), Event(1.0, GRANTED.event(1.0).kind)])
def test_what_is_not_known_changes_nothing_else(event: Event) -> None:
    now = told(event)
    assert (now.posture, now.camera, now.alarms) == (None, None, frozenset())


@EMBEDDED
def test_only_what_is_new_is_read_again(hub) -> None:
    put_door(hub.database, FRONT, "front", 5.0)
    states = DoorStates(EventSearch(hub.database))

    def now() -> DoorNow:
        return states.of(_listed(hub.doors))[FRONT]

    assert now() == DoorNow()
    put_events(hub.database, FRONT, [service("started", 1.0), GRANTED.event(2.0)])
    assert now().running is True
    put_events(hub.database, FRONT, [service("camera_dark", 3.0)])
    assert (now().running, now().camera) == (True, "dark")
    assert now().decision is not None


@EMBEDDED
def test_of_a_long_log_the_end_is_read(hub, monkeypatch) -> None:
    monkeypatch.setattr("accessctl.hub.door_states.LOOKED_BACK", 2)
    put_door(hub.database, FRONT, "front", 5.0)
    put_events(hub.database, FRONT, [service("camera_dark", 1.0), *[GRANTED.event(2.0)] * 2])
    now = DoorStates(EventSearch(hub.database)).of(_listed(hub.doors))[FRONT]
    assert now.camera is None
    assert now.decision is not None


def _listed(doors: Doors):
    return doors.listed()
