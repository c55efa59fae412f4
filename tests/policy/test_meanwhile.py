"""What rules allow while new ones wait to be kept."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config.policy import FACTORS, AccessConfig
from accessctl.domain import PersonRules
from accessctl.policy.access import AccessPlan, objection
from accessctl.policy.admit import required
from accessctl.policy.meanwhile import rules_meanwhile

DAY = {"days": ["mon", "tue"], "opens": "08:00", "closes": "18:00"}
PRESENT = {
    "timezone": "Europe/Berlin",
    "schedules": {"day": [DAY], "open": [DAY]},
    "groups": {"staff": {"schedule": "day"}, "guests": {"doors": ["front", "lab"]}},
    "holidays": ["2026-12-25"],
}


def rules(**changed: Any) -> AccessConfig:
    return AccessConfig.model_validate(PRESENT | changed)


def meanwhile(**changed: Any) -> AccessConfig:
    found = rules_meanwhile(rules(), rules(**changed))
    assert found is not None
    # It is one that could stand in a file, and nothing more is taken the next time.
    found = AccessConfig.model_validate(found.model_dump(mode="json"))
    assert rules_meanwhile(found, rules(**changed)) is None
    return found


def spans(config: AccessConfig, group: str) -> list[tuple[tuple[str, ...], int, int]]:
    name = config.groups[group].schedule
    assert name is not None
    return [(one.days, one.opens, one.closes) for one in config.schedules[name]]


@pytest.mark.parametrize(
    "wider",
    [
        {},
        {"groups": PRESENT["groups"] | {"new": {}}},
        {"groups": {"staff": {}, "guests": {}}},
        {"schedules": PRESENT["schedules"] | {"day": [DAY | {"closes": "19:00"}]}},
        {"schedules": PRESENT["schedules"] | {"day": [DAY, DAY | {"days": ["sun"]}]}},
        {"groups": PRESENT["groups"] | {"guests": {"doors": ["lab", "back", "front"]}}},
    ],
    ids=["same", "group", "no bounds", "later", "sunday", "doors"],
)
def test_rules_that_take_nothing_from_anybody_wait(wider: dict[str, Any]) -> None:
    assert rules_meanwhile(rules(), rules(**wider)) is None


def test_what_is_taken_counts_and_what_is_given_beside_it_does_not() -> None:
    found = meanwhile(
        schedules={"day": [DAY | {"opens": "09:00", "closes": "20:00"}], "open": [DAY]},
        groups={"staff": {"schedule": "day"}, "guests": {}, "new": {}},
    )
    assert spans(found, "staff") == [(("mon", "tue"), 540, 1080)]
    assert found.groups["guests"].doors == ("front", "lab")
    assert list(found.groups) == ["staff", "guests"]
    # A door may stand open by it.
    assert found.schedules["open"] == rules().schedules["open"]


def test_a_group_or_a_schedule_that_is_gone_allows_nothing() -> None:
    found = meanwhile(groups={"guests": {"doors": ["lab"]}}, schedules={"day": [DAY]})
    assert list(found.groups) == ["guests"]
    assert found.groups["guests"].doors == ("lab",)
    assert (found.schedules["open"], found.schedules["day"]) == ((), rules().schedules["day"])


def test_hours_over_midnight_are_cut_where_both_end() -> None:
    night = {"days": ["mon"], "opens": "22:00", "closes": "06:00"}
    schedules = {"day": [night], "open": []}
    before = rules(schedules=schedules)
    for later, closes in (("04:00", 240), ("23:00", 1380), ("08:00", None)):
        said = rules(schedules=schedules | {"day": [night | {"closes": later}]})
        found = rules_meanwhile(before, said)
        if closes is None:
            assert found is None
        else:
            assert found is not None
            assert spans(found, "staff") == [(("mon",), 1320, closes)]


def test_by_another_clock_nobody_may_by_hours() -> None:
    found = meanwhile(timezone="Europe/London")
    assert spans(found, "staff") == []
    assert found.groups["guests"].schedule is None


def test_a_date_that_is_a_holiday_to_one_of_them_alone_has_no_hours() -> None:
    also = [DAY, {"days": ["holiday"], "opens": "10:00", "closes": "12:00"}]
    before = rules(schedules={"day": also, "open": []})
    said = rules(schedules={"day": also, "open": []}, holidays=["2026-12-25", "2026-12-28"])
    found = rules_meanwhile(before, said)
    assert found is not None
    assert found.holidays == (date(2026, 12, 25), date(2026, 12, 28))
    assert spans(found, "staff") == [(("mon", "tue"), 480, 1080)]


def test_more_is_asked_for_and_never_less() -> None:
    groups = {"staff": {"schedule": "day", "second_factor": "pin"}, "guests": {}}
    before = rules(groups=groups)
    said = rules(groups={"guests": {"second_factor": "off"}})
    found = rules_meanwhile(before, said)
    # Who is in both groups came in with a PIN, and goes on doing so.
    assert found is not None
    assert found.groups["guests"].second_factor == "pin"
    found = meanwhile(groups=PRESENT["groups"] | {"guests": {"second_factor": "button"}})
    # What the door asks of everybody is not known here: the strictest is.
    assert found.groups["guests"].second_factor == "pin"


def test_on_a_new_holiday_others_ask_for_no_less_than_whoever_had_hours_on_that_day() -> None:
    groups = {"staff": {"schedule": "day", "second_factor": "pin"}, "guests": {}}
    before = rules(groups=groups)
    found = rules_meanwhile(before, rules(groups=groups, holidays=["2026-12-25", "2026-11-23"]))
    assert found is not None
    person = PersonRules(("staff", "guests"))
    monday = datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()
    for access in (before, found):
        assert required(person, AccessPlan.of(access), "off", monday) == "pin"


HOURS = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(["mon", "tue", "holiday"]), min_size=1, unique=True),
        "opens": st.sampled_from([0, 120, 600, 1320]),
        "closes": st.sampled_from([0, 60, 600, 700, 1440]),
    }
)
GROUPS = st.fixed_dictionaries(
    {},
    optional={
        name: st.fixed_dictionaries(
            {
                "doors": st.sampled_from([None, ["front"], ["back"]]),
                "schedule": st.sampled_from([None, "one", "two"]),
                "second_factor": st.sampled_from([None, "off", "button", "pin"]),
            }
        )
        for name in ("a", "b")
    },
)
ACCESS = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(["UTC", "Europe/Berlin"]),
        "schedules": st.fixed_dictionaries(
            {"one": st.lists(HOURS, max_size=2), "two": st.lists(HOURS, max_size=2)}
        ),
        "groups": GROUPS,
        "holidays": st.sampled_from([[], ["2026-11-23"], ["2026-11-24"]]),
    }
).map(AccessConfig.model_validate)
SUNDAY = datetime(2026, 11, 22, tzinfo=UTC).timestamp()


@given(
    present=ACCESS,
    said=ACCESS,
    groups=st.sampled_from([("a",), ("b",), ("a", "b")]),
    minute=st.integers(0, 4 * 1440 // 30).map(lambda half: half * 30),
    default=st.sampled_from(FACTORS),
)
def test_nobody_may_more_than_by_both_or_is_asked_for_less_than_at_present(
    present: AccessConfig, said: AccessConfig, groups: tuple[str, ...], minute: int, default: Any
) -> None:
    found = rules_meanwhile(present, said)
    person, time = PersonRules(groups), SUNDAY + minute * 60
    now = AccessPlan.of(present if found is None else found)
    if objection(person, now, time) is not None:
        return
    assert objection(person, AccessPlan.of(present), time) is None
    assert objection(person, AccessPlan.of(said), time) is None
    asked = FACTORS.index(required(person, now, default, time))
    assert asked >= FACTORS.index(required(person, AccessPlan.of(present), default, time))
