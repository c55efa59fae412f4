import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import load_config
from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules, Reason
from accessctl.errors import ConfigError, InputError
from accessctl.policy.access import (
    WEEKDAYS,
    AccessPlan,
    Crossing,
    Hours,
    PassbackRule,
    beginning,
    day_of,
    ending,
    is_open,
    objection,
    wall_time,
    zone_of,
)

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
BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(WEEKDAYS)


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


def hours(opens: str, closes: str, *days: str) -> Hours:
    def minutes(text: str) -> int:
        hour, minute = text.split(":")
        return int(hour) * 60 + int(minute)

    return Hours(frozenset(days) or EVERY_DAY, minutes(opens), minutes(closes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2026-11-23T07:59:59.999", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T17:59:59.999", True),
        ("2026-11-23T18:00", False),
        ("2026-11-24T12:00", False),
    ],
)
def test_hours_begin_inclusive_and_end_exclusive(shown: str, expected: bool) -> None:
    assert is_open([hours("8:00", "18:00", "mon")], at(shown), ()) is expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2026-11-23T21:59", False),
        ("2026-11-23T22:00", True),
        ("2026-11-24T05:59", True),
        ("2026-11-24T06:00", False),
        ("2026-11-24T22:00", False),
        ("2026-11-23T05:00", False),
    ],
)
def test_a_night_shift_belongs_to_the_day_it_began(shown: str, expected: bool) -> None:
    assert is_open([hours("22:00", "6:00", "mon")], at(shown), ()) is expected


def test_until_midnight_and_round_the_clock() -> None:
    assert is_open([hours("20:00", "24:00", "mon")], at("2026-11-23T23:59:59"), ())
    assert not is_open([hours("20:00", "24:00", "mon")], at("2026-11-24T00:00"), ())
    around = [hours("6:00", "6:00", "mon")]
    assert is_open(around, at("2026-11-24T05:59"), ())
    assert not is_open(around, at("2026-11-24T06:00"), ())


def test_a_holiday_is_no_weekday() -> None:
    christmas = date(2026, 12, 25)
    noon = at("2026-12-25T12:00")
    assert day_of(christmas, {christmas}) == "holiday"
    assert not is_open([hours("8:00", "18:00")], noon, {christmas})
    assert is_open([hours("10:00", "14:00", "holiday")], noon, {christmas})
    assert not is_open([hours("10:00", "14:00", "holiday")], noon, ())
    night_after = at("2026-12-26T05:00")
    assert not is_open([hours("22:00", "6:00", "fri")], night_after, {christmas})
    assert is_open([hours("22:00", "6:00", "holiday")], night_after, {christmas})
    # The shift that began on the evening before goes on.
    assert is_open([hours("22:00", "6:00", "thu")], at("2026-12-25T05:00"), {christmas})


def test_hours_in_the_gap_of_spring_never_come() -> None:
    """On 2026-03-29 Berlin jumps from 02:00 to 03:00 at 01:00 UTC."""
    before, after = utc("2026-03-29T00:59:59"), utc("2026-03-29T01:00")
    assert wall_time(before, BERLIN) == at("2026-03-29T01:59:59")
    assert wall_time(after, BERLIN) == at("2026-03-29T03:00")
    inside = [hours("2:10", "2:50")]
    times = (utc("2026-03-29T00:00") + minute * 60 for minute in range(180))
    assert not any(is_open(inside, wall_time(time, BERLIN), ()) for time in times)
    reaching_in = [hours("1:30", "2:30")]
    assert is_open(reaching_in, wall_time(before, BERLIN), ())
    assert not is_open(reaching_in, wall_time(after, BERLIN), ())
    reaching_out = [hours("2:30", "5:00")]
    assert not is_open(reaching_out, wall_time(before, BERLIN), ())
    assert is_open(reaching_out, wall_time(after, BERLIN), ())


def test_hours_that_come_twice_in_autumn_are_open_twice() -> None:
    """On 2026-10-25 Berlin goes back from 03:00 to 02:00 at 01:00 UTC."""
    span = [hours("2:15", "2:45")]
    start = utc("2026-10-25T00:00")
    opened = [
        minute for minute in range(120) if is_open(span, wall_time(start + minute * 60, BERLIN), ())
    ]
    assert opened == [*range(15, 45), *range(75, 105)]


@given(
    time=st.floats(0, 4e9),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
    opens=st.integers(0, 1439),
    length=st.integers(1, 1439),
)
def test_hours_follow_the_wall_clock_in_every_zone(
    time: float, zone: str, opens: int, length: int
) -> None:
    shown = datetime.fromtimestamp(time, UTC).astimezone(ZoneInfo(zone))
    minute = shown.hour * 60 + shown.minute
    span = Hours(EVERY_DAY, opens, (opens + length) % 1440)
    expected = (minute - opens) % 1440 < length
    assert is_open([span], wall_time(time, ZoneInfo(zone)), ()) is expected


@given(st.dates(date(1990, 1, 2), date(2090, 1, 1)), st.integers(0, 1439))
def test_a_week_of_one_weekday_opens_once(day: date, minute: int) -> None:
    span = [hours("0:00", "24:00", "wed")]
    first = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    assert sum(is_open(span, first + timedelta(days=n), ()) for n in range(7)) == 1


def test_a_day_begins_at_its_midnight_and_ends_with_the_next() -> None:
    assert beginning("2026-12-24", BERLIN) == utc("2026-12-23T23:00")
    assert ending("2026-12-24", BERLIN) == utc("2026-12-24T23:00")


def test_the_day_of_the_jump_has_23_hours() -> None:
    assert ending("2026-03-29", BERLIN) - beginning("2026-03-29", BERLIN) == 23 * 3600
    assert ending("2026-10-25", BERLIN) - beginning("2026-10-25", BERLIN) == 25 * 3600


def test_times_are_wall_time_unless_they_say_otherwise() -> None:
    assert beginning("2026-07-01T12:00", BERLIN) == utc("2026-07-01T10:00")
    assert ending("2026-07-01T12:00", BERLIN) == utc("2026-07-01T10:00")
    assert beginning("2026-07-01T12:00+00:00", BERLIN) == utc("2026-07-01T12:00")


def test_there_is_no_day_after_the_last_one() -> None:
    with pytest.raises(InputError, match="is too far away"):
        ending("9999-12-31", BERLIN)


def test_a_time_that_comes_twice_is_the_first_a_skipped_one_lies_after_the_jump() -> None:
    assert beginning("2026-10-25T02:30", BERLIN) == utc("2026-10-25T00:30")
    assert beginning("2026-03-29T02:30", BERLIN) == utc("2026-03-29T01:30")


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "1969-01-01", "0001-01-01"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(InputError):
        beginning(text, BERLIN)


def test_the_doors_zone() -> None:
    assert zone_of(AccessConfig()) is None
    assert zone_of(AccessConfig(timezone="Europe/Berlin")) == BERLIN
