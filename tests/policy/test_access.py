import math
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import load_config
from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules, Reason
from accessctl.errors import ConfigError
from accessctl.policy.access import AccessPlan, Crossing, PassbackRule, objection

CONFIG = AccessConfig.model_validate(
    {
        "door": "front",
        "timezone": "Europe/Berlin",
        "holidays": ["2026-12-25"],
        "schedules": {
            "office": [{"days": ["mon", "tue"], "opens": "08:00", "closes": 1080}],
            "night": [{"days": ["mon"], "opens": "22:00", "closes": "06:00"}],
        },
        "groups": {
            "staff": {"schedule": "office"},
            "guards": {"doors": ["front"], "schedule": "night"},
            "store": {"doors": ["back"]},
        },
    }
)
PLAN = AccessPlan.of(CONFIG)


def berlin_winter(text: str) -> float:
    return datetime.fromisoformat(f"{text}+01:00").timestamp()


MONDAY_NOON = berlin_winter("2026-11-23T12:00")


@pytest.mark.parametrize(
    ("groups", "time", "expected"),
    [
        ((), "2026-11-25T03:00", None),
        (("staff",), "2026-11-23T17:59", None),
        (("staff",), "2026-11-23T18:00", Reason.OUTSIDE_SCHEDULE),
        (("guards",), "2026-11-24T05:59", None),
        (("guards",), "2026-11-23T12:00", Reason.OUTSIDE_SCHEDULE),
        (("guards", "staff"), "2026-11-23T12:00", None),
        (("store",), "2026-11-23T12:00", Reason.WRONG_DOOR),
        (("store", "staff"), "2026-11-23T19:00", Reason.OUTSIDE_SCHEDULE),
        (("nobody knows",), "2026-11-23T12:00", Reason.WRONG_DOOR),
    ],
)
def test_groups(groups: tuple[str, ...], time: str, expected: Reason | None) -> None:
    assert objection(PersonRules(groups), PLAN, berlin_winter(time)) is expected


def test_another_door() -> None:
    back = AccessPlan.of(CONFIG, "back")
    assert objection(PersonRules(("store",)), back, MONDAY_NOON) is None
    assert objection(PersonRules(("guards",)), back, MONDAY_NOON) is Reason.WRONG_DOOR


def test_people_without_a_group_may_be_refused() -> None:
    plan = AccessPlan.of(CONFIG.model_copy(update={"without_group": "refuse"}))
    assert objection(PersonRules(), plan, MONDAY_NOON) is Reason.WRONG_DOOR


def test_validity_begins_inclusive_and_ends_exclusive() -> None:
    guest = PersonRules(valid_from=100.0, valid_until=200.0)
    times = [99.999, 100.0, 199.999, 200.0]
    assert [objection(guest, PLAN, time) for time in times] == [
        Reason.NOT_YET_VALID,
        None,
        None,
        Reason.EXPIRED,
    ]


def test_a_validity_that_is_no_number_admits_nobody() -> None:
    assert objection(PersonRules(valid_from=math.nan), PLAN, 1.0) is Reason.NOT_YET_VALID
    assert objection(PersonRules(valid_until=math.nan), PLAN, 1.0) is Reason.EXPIRED


def test_disabled_comes_before_everything() -> None:
    assert objection(PersonRules(disabled=True, valid_until=0.0), PLAN, 1.0) is Reason.DISABLED


@given(
    time=st.floats(0, 4e9),
    person=st.builds(
        PersonRules,
        groups=st.lists(st.sampled_from(["staff", "guards", "store", "x"]), max_size=3).map(tuple),
        valid_from=st.none() | st.floats(0, 4e9),
        valid_until=st.none() | st.floats(0, 4e9),
        disabled=st.booleans(),
    ),
)
def test_nobody_enters_outside_their_validity(time: float, person: PersonRules) -> None:
    if objection(person, PLAN, time) is None:
        assert not person.disabled
        assert person.valid_from is None or time >= person.valid_from
        assert person.valid_until is None or time < person.valid_until
        assert person.groups == () or {"staff", "guards"} & set(person.groups)


@given(st.floats(0, 4e9))
def test_the_default_plan_forbids_nothing(time: float) -> None:
    plan = AccessPlan.of(AccessConfig())
    assert plan.zone is UTC
    assert objection(PersonRules(), plan, time) is None


def written(tmp_path: Path, text: str) -> AccessConfig:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return load_config(file).access


def test_times_may_be_written_without_quotes(tmp_path: Path) -> None:
    """YAML 1.1 reads 08:00 as text and 18:00 as the number 1080."""
    access = written(
        tmp_path,
        "access:\n  timezone: Europe/Berlin\n  holidays: [2026-12-25]\n  schedules:\n"
        "    s: [{days: [mon], opens: 08:00, closes: 18:00}, {days: [tue], opens: 0:00, "
        'closes: "24:00"}]\n',
    )
    assert [(span.opens, span.closes) for span in access.schedules["s"]] == [(480, 1080), (0, 1440)]
    assert access.holidays == (date(2026, 12, 25),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("access: {timezone: Mars/Base}", "no time zone"),
        ("access: {timezone: ../../etc/passwd}", "no time zone"),
        ("access: {holidays: [2026-12-25]}", "need access.timezone"),
        ("access: {groups: {g: {schedule: s}}}", "names the schedule 's'"),
        ("access: {door: 'a b'}", "access.door"),
        ("access: {schedules: {s: [{days: [mon], opens: 08:61, closes: 1}]}}", "time of day"),
        ("access: {schedules: {s: [{days: [mon], opens: 0, closes: 1441}]}}", "1440"),
        ("access: {schedules: {s: [{days: [], opens: 0, closes: 1}]}}", "days"),
        ("access: {schedules: {s: [{days: [xyz], opens: 0, closes: 1}]}}", "days"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        written(tmp_path, text)


HARD_IN = PassbackRule("in", "hard", 3600.0)


@pytest.mark.parametrize(
    ("rule", "last", "noticed"),
    [
        (HARD_IN, None, False),
        (HARD_IN, Crossing("in", 0.0), True),
        (HARD_IN, Crossing("in", 3599.9), True),
        (HARD_IN, Crossing("in", 3600.0), False),
        (HARD_IN, Crossing("in", math.nan), True),
        (HARD_IN, Crossing("out", 0.0), False),
        (PassbackRule("in", "soft", 3600.0), Crossing("in", 0.0), True),
        (PassbackRule("in", "off", 3600.0), Crossing("in", 0.0), False),
        (PassbackRule("out", "hard", 3600.0), Crossing("out", 0.0), False),
        (PassbackRule("out", "hard", 3600.0), Crossing("in", 0.0), False),
        (PassbackRule(), Crossing("in", 0.0), False),
    ],
)
def test_a_second_way_in_is_noticed(
    rule: PassbackRule, last: Crossing | None, noticed: bool
) -> None:
    assert rule.noticed(last) is noticed
    assert rule.refuses(last) is (noticed and rule.mode == "hard")


def test_the_configuration_says_hours() -> None:
    config = AccessConfig(direction="in", anti_passback="soft", reset_after_h=1.5)
    assert PassbackRule.of(config) == PassbackRule("in", "soft", 5400.0)


def test_it_needs_a_direction() -> None:
    with pytest.raises(ValueError, match=r"needs access\.direction"):
        AccessConfig(anti_passback="soft")


@given(st.lists(st.tuples(st.sampled_from(["in", "out"]), st.floats(0, 5000)), max_size=30))
def test_never_twice_in_without_a_way_out(steps: list[tuple[str, float]]) -> None:
    """Somebody walks up to both doors of an area, whichever, whenever."""
    now, granted = 0.0, []
    for way, later in steps:
        now += later
        last = Crossing(granted[-1][0], now - granted[-1][1]) if granted else None
        if not PassbackRule(way, "hard", 3600.0).refuses(last):
            granted.append((way, now))
    for (before, then), (after, later) in pairwise(granted):
        assert (before, after) != ("in", "in") or later - then >= 3600
    # Nobody is ever kept inside.
    assert sum(way == "out" for way, _ in granted) == sum(way == "out" for way, _ in steps)
