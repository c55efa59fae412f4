from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.policy.retrying import (
    MOST_ASKED_S,
    asked_pause,
    pause_after,
    some_time_before,
)

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC).timestamp()


def test_the_bound_doubles_up_to_the_longest() -> None:
    assert [pause_after(failures, 1, 30, 0.5) for failures in range(1, 8)] == [
        0.5,
        1,
        2,
        4,
        8,
        15,
        15,
    ]


def test_what_comes_again_and_again_comes_in_the_last_fifth_of_its_time() -> None:
    assert some_time_before(60, 0.0) == 48
    assert some_time_before(60, 0.25) == pytest.approx(51)
    assert some_time_before(60, 0.999) == pytest.approx(59.988)


def test_the_pause_is_drawn_from_all_of_it() -> None:
    assert pause_after(3, 2, 60, 0.0) == 0.0
    assert pause_after(3, 2, 60, 0.999) == pytest.approx(7.992)


@given(
    st.integers(0, 10**9),
    st.floats(0.01, 10),
    st.floats(10, 300),
    st.floats(0, 1),
    st.floats(0, 60),
)
def test_it_never_exceeds_its_bounds(
    failures: int, first: float, longest: float, drawn: float, asked: float
) -> None:
    assert asked <= pause_after(failures, first, longest, drawn, asked) <= asked + longest


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("5", 5),
        (" 5 ", 5),
        ("60", 60),
        ("61", 60),
        ("9" * 60, 60),
        ("9" * 65, 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("\u0665", 0),
        ("Mon, 30 Nov 2026 10:00:20 GMT", 20),
        ("Mon, 30 Nov 2026 10:00:20 -0000", 20),
        ("Mon, 30 Nov 2026 12:00:20 +0200", 20),
        ("Mon, 30 Nov 2026 09:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60),
        ("Mon, 30 Nov 99999 10:00:20 GMT", 0),
        ("Mon, 30 Foo 2026 10:00:20 GMT", 0),
    ],
)
def test_how_long_a_header_asks_to_wait(header: str | None, seconds: float) -> None:
    assert asked_pause(header, NOW) == seconds


@given(st.text(max_size=80) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ .*"))
def test_whatever_it_says_the_pause_is_bounded(header: str) -> None:
    assert 0 <= asked_pause(header, NOW) <= MOST_ASKED_S


@given(st.integers(0, 100_000))
def test_a_date_says_the_same_as_its_seconds(seconds: int) -> None:
    date = datetime.fromtimestamp(NOW + seconds, UTC)
    assert asked_pause(format_datetime(date, usegmt=True), NOW) == asked_pause(str(seconds), NOW)
