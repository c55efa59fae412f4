from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from accessctl.config.policy import AccessConfig
from accessctl.errors import InputError
from accessctl.policy.moments import beginning, ending, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


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
