from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig
from accessctl.errors import InputError
from accessctl.policy.schedule import (
    WEEKDAYS,
    Hours,
    beginning,
    day_of,
    ending,
    is_open,
    wall_time,
    zone_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(WEEKDAYS)


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
