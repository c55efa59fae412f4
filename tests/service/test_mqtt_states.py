import json
from dataclasses import replace
from typing import Any

import pytest

from accessctl.domain import Decision, Outcome, Reason
from accessctl.mqtt.discovery import Fittings
from accessctl.service import mqtt_states as states
from accessctl.service.metrics import Totals
from accessctl.service.statistics import Statistics

WELL: dict[str, Any] = {
    "state": "closed",
    "posture": "normal",
    "face_entry": True,
    "leaf": "shut",
    "unlocked": False,
    "alarms": [],
    "lost": [],
    "failed": [],
    "unrecorded": 0,
}
ALL = Fittings(contact=True, tamper=True, lock=True, doorway=True)


@pytest.fixture
def totals() -> Totals:
    """Of a door that is well."""
    return replace(Statistics("1", "door.yaml").totals(), watching=True, gallery_up=True)


def test_a_door_that_is_shut_and_locked() -> None:
    assert states.doorway_states(WELL, ALL) == {
        "contact": "OFF",
        "lock": "LOCKED",
        "posture": "normal",
        "face_entry": "ON",
        "alarm": "OFF",
        "tamper": "OFF",
    }


@pytest.mark.parametrize(
    ("changes", "lock"),
    [
        ({"unlocked": True}, "UNLOCKED"),
        ({"leaf": "open"}, "UNLOCKED"),
        ({"leaf": "unknown"}, "UNLOCKED"),
        ({"alarms": ["output"]}, "JAMMED"),
        ({"alarms": ["forced"]}, "LOCKED"),
    ],
)
def test_a_lock_is_locked_only_where_that_is_known(changes: dict[str, Any], lock: str) -> None:
    assert states.doorway_states(WELL | changes, ALL)["lock"] == lock


def test_what_is_not_known_is_said_to_be_so() -> None:
    told = states.doorway_states({"state": "not_taken"}, ALL)
    assert set(told.values()) == {"None"}
    assert set(told) == set(states.doorway_states(WELL, ALL))
    assert states.doorway_states(WELL | {"leaf": "unknown"}, ALL)["contact"] == "None"


@pytest.mark.parametrize("state", ["closed", "not_taken"])
def test_of_what_a_door_does_not_have_nothing_is_told(state: str) -> None:
    blind = states.doorway_states(WELL | {"state": state}, Fittings(lock=True, doorway=True))
    assert set(blind) == {"posture", "face_entry", "alarm"}


def test_tamper_is_an_alarm_of_its_own() -> None:
    told = states.doorway_states(WELL | {"alarms": ["tamper"], "face_entry": False}, ALL)
    assert (told["alarm"], told["tamper"], told["face_entry"]) == ("ON", "ON", "OFF")


def test_decisions_are_counted_by_what_they_came_to(totals: Totals) -> None:
    decisions = {("granted", "matched"): 2, ("denied", "attack"): 1, ("denied", "no_record"): 3}
    told = json.loads(states.counts(replace(totals, decisions=decisions)))
    assert told == {"granted": 2, "denied": 4, "unknown": 0}


@pytest.mark.parametrize(
    ("age", "told"), [(None, "None"), (0.04, "0"), (9.9, "9"), (10.0, "10"), (129.0, "120")]
)
def test_the_age_of_the_picture_stands_still_while_it_is_young(
    totals: Totals, age: float | None, told: str
) -> None:
    assert states.picture_age(replace(totals, frame_age_s=age)) == told


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"watching": False}, "camera"),
        ({"infrared_up": False}, "infrared"),
        ({"gallery_up": False}, "gallery"),
        ({"clock_doubt_s": 3600.0}, "clock"),
        ({"config_refused": True}, "config"),
        ({"doorway": {"state": "not_taken"}}, "doorway"),
        ({"doorway": WELL | {"lost": ["contact"]}}, "doorway"),
        ({"doorway": WELL | {"failed": ["lock"]}}, "doorway"),
        ({"doorway": WELL | {"unrecorded": 1}}, "event_log"),
    ],
)
def test_each_trouble_is_a_problem(totals: Totals, changes: dict[str, Any], problem: str) -> None:
    state, attributes = states.problem_states(replace(totals, **changes))
    assert (state, json.loads(attributes)) == ("ON", {"problems": [problem]})


def test_a_door_that_is_well_has_none(totals: Totals) -> None:
    assert states.problem_states(replace(totals, doorway=WELL)) == ("OFF", '{"problems":[]}')


def test_a_name_is_told_only_where_one_is_given() -> None:
    decision = Decision(10.0, "v1", Outcome.GRANTED, Reason.MATCHED, None, None, 5, 400.0)
    assert "name" not in states.decision_facts(decision, None)
    assert states.decision_facts(decision, "Ada")["name"] == "Ada"


def test_the_newest_version_is_told_only_where_it_is_known() -> None:
    assert json.loads(states.version_state("1.0", None)) == {"installed_version": "1.0"}
    told = json.loads(states.version_state("1.0", "1.1"))
    assert told == {"installed_version": "1.0", "latest_version": "1.1"}
