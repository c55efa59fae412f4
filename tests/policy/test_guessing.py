"""How long whoever fails to show who they are has to wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.policy.guessing import FORGET_S, counted, wait_after, wait_left


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 5), (6, 10), (7, 20), (12, 640), (13, 900), (10**6, 900)],
)
def test_each_failure_beyond_the_fifth_doubles_the_wait(failures: int, seconds: float) -> None:
    assert wait_after(failures, 5) == seconds


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_more_failures_never_wait_less(failures: int, free: int) -> None:
    assert 0 <= wait_after(failures, free) <= wait_after(failures + 1, free) <= 900


@pytest.mark.parametrize(
    ("last", "now", "left"),
    [
        (100.0, 100.0, 5.0),
        (100.0, 103.0, 2.0),
        (100.0, 105.0, 0.0),
        # The clock was set back.
        (100.0, 40.0, 5.0),
    ],
)
def test_the_wait_runs_from_the_last_failure(last: float, now: float, left: float) -> None:
    assert wait_left(5, last, 5, now) == left


def test_a_day_without_a_try_forgets_all_failures() -> None:
    assert counted(9, 0.0, FORGET_S - 1) == 9
    assert counted(9, 0.0, FORGET_S) == 0
    assert wait_left(10**6, 0.0, 5, FORGET_S) <= 0
