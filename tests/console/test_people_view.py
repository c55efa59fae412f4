from datetime import UTC

import pytest

from accessctl.console.event_view import Tone
from accessctl.console.people_view import (
    DAY_MINUTES,
    initials_of,
    merged,
    person_cards,
    standing_of,
    week_of,
)
from accessctl.console.words import Words, catalogue
from accessctl.domain import Person, PersonId, PersonRules
from accessctl.policy.access import AccessPlan, Group, Hours

WORDS = Words("en", catalogue())
ADA = Person(PersonId("a"), "Ada Lovelace", 2, 1.0)
GRACE = Person(PersonId("g"), "Grace Hopper", 1, 1.0)
NOON, NIGHT = 12 * 60, 22 * 60


def plan(**groups: Group) -> AccessPlan:
    return AccessPlan("front", UTC, groups, frozenset(), without_group_allowed=False)


def office(*days: str, opens: int = 480, closes: int = 1080) -> Hours:
    return Hours(frozenset(days), opens, closes)


@pytest.mark.parametrize(
    ("rules", "tone", "key"),
    [
        (PersonRules(), Tone.GRANTED, "people.valid"),
        (PersonRules(disabled=True, valid_until=0.0), Tone.DENIED, "people.disabled"),
        (PersonRules(valid_from=101.0), Tone.UNKNOWN, "people.not_yet"),
        (PersonRules(valid_from=100.0), Tone.GRANTED, "people.valid"),
        (PersonRules(valid_until=100.0), Tone.UNKNOWN, "people.over"),
        (PersonRules(valid_until=float("nan")), Tone.UNKNOWN, "people.over"),
    ],
    ids=["free", "disabled", "early", "begun", "over", "nan"],
)
def test_one_word_says_whether_somebody_may_enter_now(rules, tone, key) -> None:
    assert standing_of(rules, 100.0) == (tone, key)


def test_cards_are_found_by_a_part_of_a_name_or_of_a_group() -> None:
    rules = {GRACE.id: PersonRules(("navy",))}
    cards = person_cards([ADA, GRACE], rules, WORDS, "", 0.0)
    assert [(card.name, card.initials, card.photos, card.groups) for card in cards] == [
        ("Ada Lovelace", "AL", "2 photos", "no group"),
        ("Grace Hopper", "GH", "1 photo", "navy"),
    ]
    for wanted, found in {"LOVE": ["Ada Lovelace"], " nav": ["Grace Hopper"], "x": []}.items():
        shown = person_cards([ADA, GRACE], rules, WORDS, wanted, 0.0)
        assert [card.name for card in shown] == found


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada", "A"), ("Ada King Lovelace", "AL"), ("ßa b", "SSB"), (" ", "")]
)
def test_initials_are_of_the_first_and_the_last_word(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_a_week_shows_every_time_at_which_one_group_lets_in() -> None:
    groups = plan(
        day=Group(None, (office("mon", "tue"),)),
        late=Group(None, (office("mon", opens=1020, closes=1200),)),
        other=Group(None, None),
    )
    week = week_of(PersonRules(("day", "late", "gone")), groups, WORDS)
    assert [day.label for day in week] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Hol"]
    # 8:00 to 18:00 and 17:00 to 20:00 are 8:00 to 20:00.
    assert week[0].spans == ((480, 1200),)
    assert week[0].said == "08:00–20:00"
    assert week[1].spans == ((480, 1080),)
    assert [day.said for day in week[2:]] == ["never"] * 6


def test_a_night_ends_on_the_following_day() -> None:
    guard = plan(night=Group(None, (Hours(frozenset({"sun"}), NIGHT, 360),)))
    week = week_of(PersonRules(("night",)), guard, WORDS)
    assert week[6].spans == ((NIGHT, DAY_MINUTES),)
    assert week[0].spans == ((0, 360),)
    assert week[7].spans == ()


def test_whoever_is_in_a_group_without_hours_may_always_and_whoever_is_in_none_as_the_site_says():
    always = plan(staff=Group(None, None))
    assert {day.said for day in week_of(PersonRules(("staff",)), always, WORDS)} == {"all day"}
    assert {day.said for day in week_of(PersonRules(), always, WORDS)} == {"never"}
    free = AccessPlan("front", UTC, {}, frozenset(), without_group_allowed=True)
    assert {day.said for day in week_of(PersonRules(), free, WORDS)} == {"all day"}


def test_times_that_touch_or_overlap_are_one() -> None:
    assert merged([(5, 9), (0, 5), (20, 30), (22, 25)]) == ((0, 9), (20, 30))
