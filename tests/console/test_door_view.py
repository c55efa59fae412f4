from dataclasses import replace

import pytest

from accessctl.console.door_view import door_cards, heard, tally_of
from accessctl.console.event_view import Tone
from accessctl.console.words import Words, catalogue
from accessctl.domain import Posture
from accessctl.hub.door_states import DoorNow
from accessctl.hub.doors import KnownDoor
from accessctl.hub.event_search import EventPlace, SiteEvent
from accessctl.hub.records import RaisedAlarm
from accessctl.hub.tables import JOINED, REVOKED
from tests.console.sample_site import FRONT, GRANTED, NAMES

NOW = 1_700_000_000.0
DAY = 86400.0
WORDS = Words("en", catalogue())
DOOR = KnownDoor(FRONT, "front-door", JOINED, NOW - 90 * DAY, NOW - 5, NOW + 60 * DAY, 12, 0)
WELL = DoorNow(
    decision=SiteEvent(EventPlace(NOW - 60, FRONT, 12), "front-door", GRANTED.event(NOW - 60), b""),
    posture=Posture.NORMAL,
    face_entry=True,
    camera="started",
    running=True,
    liveness="passive",
)


def cards(*doors: KnownDoor, state: DoorNow = WELL, alarms: tuple[RaisedAlarm, ...] = ()):
    return door_cards(
        doors, dict.fromkeys([door.id for door in doors], state), alarms, WORDS, NAMES, now=NOW
    )


def test_a_door_that_is_well_says_so_in_one_word() -> None:
    (card,) = cards(DOOR)
    assert (card.tone, card.sign, card.troubles) == (Tone.GRANTED, "In order", ())
    assert [(fact.label, fact.said) for fact in card.facts] == [
        ("Last heard", "just now"),
        ("Posture", "Normal"),
        ("Camera", "Sees"),
        ("Liveness", "passive"),
    ]
    assert card.last is not None
    assert (card.last.title, card.last.detail) == ("Eileen Collins", "recognised")


@pytest.mark.parametrize(
    ("change", "label", "said"),
    [
        ({"is_open": True}, "Door", "open"),
        ({"is_open": False}, "Door", "shut"),
        ({"liveness": "off"}, "Liveness", "off"),
        ({"liveness": None}, "Liveness", "not said"),
    ],
    ids=str,
)
def test_the_contact_and_whether_life_is_looked_for_stand_on_the_card(change, label, said) -> None:
    (card,) = cards(DOOR, state=replace(WELL, **change))
    assert [fact.said for fact in card.facts if fact.label == label] == [said]


@pytest.mark.parametrize(
    ("change", "tone", "trouble"),
    [
        ({"alarms": frozenset({"forced"})}, Tone.ALARM, "Door forced"),
        ({"camera": "covered"}, Tone.TROUBLE, "Camera is covered"),
        ({"running": False}, Tone.TROUBLE, "Door stopped"),
        ({"acting": False}, Tone.TROUBLE, "Only watches"),
        ({"troubles": frozenset({"gallery_stale"})}, Tone.TROUBLE, "People are out of date"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_the_matter_stands_on_the_card(change, tone, trouble) -> None:
    (card,) = cards(DOOR, state=replace(WELL, **change))
    assert card.tone is tone
    assert [(one.tone, one.text) for one in card.troubles] == [(tone, trouble)]


@pytest.mark.parametrize(
    ("seen", "trouble"),
    [
        (NOW - 120, []),
        (NOW - 121, ["Not heard from for 2 min"]),
        (None, ["Never heard from"]),
    ],
    ids=str,
)
def test_a_door_that_is_not_heard_of_for_two_minutes_is_silent(seen, trouble) -> None:
    (card,) = cards(replace(DOOR, seen=seen))
    assert [one.text for one in card.troubles] == trouble
    assert card.sign == ("Silent" if trouble else "In order")


def test_alarms_of_a_log_count_as_alarms_of_the_door_once_each_kind() -> None:
    alarm = RaisedAlarm(FRONT, "front-door", "gap", 3, NOW, "records are missing")
    (card,) = cards(DOOR, alarms=(alarm, replace(alarm, number=9)))
    assert [one.text for one in card.troubles] == ["Its log: records are missing"]
    assert card.tone is Tone.ALARM


@pytest.mark.parametrize(("left_days", "warned"), [(15, False), (13, True), (-1, True)])
def test_a_certificate_that_runs_out_is_told_two_weeks_before(left_days, warned) -> None:
    (card,) = cards(replace(DOOR, expires=NOW + left_days * DAY))
    assert bool(card.troubles) == warned


def test_the_worst_come_first_and_who_was_revoked_not_at_all() -> None:
    other = replace(DOOR, id="b" * 32, name="Back", seen=None)
    gone = replace(DOOR, id="c" * 32, state=REVOKED)
    shown = cards(DOOR, gone, other)
    assert [card.name for card in shown] == ["Back", "front-door"]
    assert [(one.tone, one.text) for one in tally_of(shown, WORDS)] == [
        (Tone.NOTE, "2 doors"),
        (Tone.TROUBLE, "1 in trouble"),
    ]
    assert [one.text for one in tally_of(cards(DOOR), WORDS)] == ["1 door", "All in order"]


@pytest.mark.parametrize(
    ("ago", "said"), [(0, "just now"), (74, "just now"), (75, "1 min ago"), (7300, "2 h ago")]
)
def test_how_long_ago_a_door_was_heard_of_does_not_change_each_second(ago, said) -> None:
    assert heard(replace(DOOR, seen=NOW - ago), WORDS, NOW) == said


def test_what_the_records_do_not_say_is_not_made_up() -> None:
    (card,) = cards(DOOR, state=DoorNow())
    assert [fact.said for fact in card.facts[1:]] == ["not said", "not said", "not said"]
    assert card.last is None
