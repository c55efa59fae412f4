from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.since import moment
from accessctl.errors import InputError

NOW = 1_770_000_000.0
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@given(
    st.integers(0, 999_999),
    st.sampled_from(sorted(UNITS)),
    st.floats(0, 4e9).map(lambda value: round(value, 3)),
)
def test_so_long_ago(count: int, unit: str, now: float) -> None:
    expected = now - timedelta(**{UNITS[unit]: count}).total_seconds()
    assert moment(f"{count}{unit}", now) == expected


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)),
    st.integers(-14 * 60, 14 * 60).map(lambda value: timezone(timedelta(minutes=value))),
)
def test_a_date_with_its_offset_is_that_instant(date: datetime, zone: timezone) -> None:
    aware = date.replace(tzinfo=zone)
    assert moment(aware.isoformat(), NOW) == aware.timestamp()
    assert moment(date.isoformat(), NOW, zone) == aware.timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 23, tzinfo=UTC)),
        ("2026-07-31", datetime(2026, 7, 30, 22, tzinfo=UTC)),
        ("2026-01-31T18:30", datetime(2026, 1, 31, 17, 30, tzinfo=UTC)),
        ("2026-01-31 18:30:15.5", datetime(2026, 1, 31, 17, 30, 15, 500_000, tzinfo=UTC)),
        ("2026-01-31T18:30:00Z", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
        (" 2026-01-31 ", datetime(2026, 1, 30, 23, tzinfo=UTC)),
    ],
)
def test_dates_in_berlin(text: str, expected: datetime) -> None:
    assert moment(text, NOW, ZoneInfo("Europe/Berlin")) == expected.timestamp()


def test_without_a_zone_the_system_decides() -> None:
    assert moment("2026-01-31", NOW) == datetime(2026, 1, 31).timestamp()


NO_MOMENTS = """
yesterday 1 h 1x -1h 1.5h 1h30m 1H ٣h 9999999s
2026-13-01 2026-02-30 31.1.2026 2026-01-31T25:00
"""


@pytest.mark.parametrize("text", ["", " ", "1h\n2h", *NO_MOMENTS.split()])
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a moment; write 30m, 1h or 2d") as caught:
        moment(text, NOW, timezone(timedelta(hours=14)))
    assert "\n" not in str(caught.value)


@given(st.text())
def test_no_text_does_worse(text: str) -> None:
    try:
        result = moment(text, NOW)
    except InputError:
        return
    assert isinstance(result, float)
