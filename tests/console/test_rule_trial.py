from dataclasses import replace

import pytest

from accessctl.config.policy import AccessConfig
from accessctl.console.rule_trial import tried
from accessctl.console.rules_view import MOST_LISTED, trial_lists
from accessctl.console.words import Words, catalogue
from accessctl.domain import Event, EventKind, Reason
from accessctl.hub.event_search import EventPlace, SiteEvent
from tests.console.sample_site import (
    COLLINS,
    FRONT,
    GRANTED,
    HOPPER,
    LATE,
    NAMES,
    STRANGER,
    SampleDecision,
)

NOON = 1_700_478_000.0  # Monday, 2023-11-20, 12:00 in Berlin.
EVENING = NOON + 8 * 3600
WORDS = Words("en", catalogue())


def rules(closes: str, **group: object) -> AccessConfig:
    hours = {"days": ["mon"], "opens": "08:00", "closes": closes}
    staff = {"schedule": "office", **group}
    return AccessConfig.model_validate(
        {
            "timezone": "Europe/Berlin",
            "schedules": {"office": [hours]},
            "groups": {"staff": staff},
        }
    )


DAY, LONG, MORNING = rules("18:00"), rules("22:00"), rules("11:00")


def decided(*samples: tuple[SampleDecision, float]) -> list[SiteEvent]:
    return [
        SiteEvent(EventPlace(time, FRONT, at), "front-door", sample.event(time), bytes(32))
        for at, (sample, time) in enumerate(samples, 1)
    ]


def numbers(found) -> list[int]:
    return [one.event.place.number for one in found]


def test_longer_hours_let_in_and_shorter_ones_keep_out() -> None:
    events = decided((GRANTED, NOON), (LATE, EVENING), (STRANGER, NOON))
    longer = tried(events, DAY, LONG)
    assert (numbers(longer.let_in), numbers(longer.kept_out)) == ([2], [])
    assert (longer.let_in[0].before, longer.let_in[0].after) == (
        Reason.OUTSIDE_SCHEDULE,
        Reason.MATCHED,
    )
    shorter = tried(events, DAY, MORNING)
    assert (numbers(shorter.let_in), numbers(shorter.kept_out)) == ([], [1])
    assert shorter.kept_out[0].person == COLLINS
    assert (shorter.decisions, shorter.otherwise, shorter.unreadable) == (3, 0, 0)


def test_the_same_rules_change_nothing() -> None:
    events = decided((GRANTED, NOON), (LATE, EVENING), (STRANGER, NOON))
    same = tried(events, DAY, DAY)
    assert (same.kept_out, same.let_in, same.perhaps, same.otherwise) == ((), (), (), 0)


def test_what_the_present_rules_do_not_explain_is_not_put_down_to_the_others() -> None:
    events = decided((GRANTED, EVENING), (LATE, NOON))
    found = tried(events, DAY, LONG)
    assert (found.kept_out, found.let_in, found.otherwise) == ((), (), 2)


def test_who_would_have_been_asked_for_more_is_neither_let_in_nor_kept_out() -> None:
    found = tried(decided((LATE, EVENING)), DAY, rules("22:00", second_factor="button"))
    assert (numbers(found.perhaps), found.let_in) == ([1], ())
    asked = tried(decided((GRANTED, NOON)), DAY, rules("18:00", second_factor="button"))
    assert (numbers(asked.kept_out), asked.kept_out[0].after) == ([1], None)


@pytest.mark.parametrize("door", [["front"], ["back"]], ids=["here", "elsewhere"])
def test_a_group_of_other_doors_keeps_out(door) -> None:
    found = tried(decided((GRANTED, NOON)), DAY, rules("18:00", doors=door))
    assert [one.after for one in found.kept_out] == (
        [] if door == ["front"] else [Reason.WRONG_DOOR]
    )


def test_a_record_without_evidence_is_counted_as_such() -> None:
    whole = GRANTED.event(NOON)
    bare = Event(NOON, EventKind.DECISION, {"decision": "granted", "reason": "matched"}, HOPPER)
    old = replace(GRANTED, limited=False).event(NOON)
    events = [
        SiteEvent(EventPlace(NOON, FRONT, at), "front-door", event, bytes(32))
        for at, event in enumerate((whole, bare, old))
    ]
    found = tried(events, DAY, DAY)
    assert (found.decisions, found.unreadable) == (3, 2)


def test_a_list_names_people_and_is_bounded() -> None:
    many = decided(*[(GRANTED, NOON)] * (MOST_LISTED + 2))
    kept_out, let_in, perhaps = trial_lists(tried(many, DAY, MORNING), WORDS, NAMES)
    assert (kept_out.count, len(kept_out.rows), kept_out.more) == (MOST_LISTED + 2, MOST_LISTED, 2)
    assert kept_out.rows[0].who == "Eileen Collins"
    assert kept_out.rows[0].path == f"/events/{FRONT}/1"
    assert (kept_out.rows[0].before, kept_out.rows[0].after) == (
        "recognised",
        "outside their hours",
    )
    assert (let_in.rows, perhaps.rows) == ((), ())
