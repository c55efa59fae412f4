import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.backoff import Backoff


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(1, 30)
    waits = [backoff.wait_s(failures, chance=0) for failures in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 24, 24]


def test_chance_adds_up_to_a_quarter() -> None:
    backoff = Backoff(1, 30)
    assert backoff.wait_s(2, chance=0.5) == pytest.approx(2.25)
    assert backoff.wait_s(6, chance=1) == pytest.approx(30)


def test_the_longest_wait_wins_over_a_larger_first_one() -> None:
    assert Backoff(60, 5).wait_s(1, chance=0.9) == 5


@given(
    first=st.floats(0.01, 60),
    longest=st.floats(0.01, 600),
    failures=st.integers(1, 10**9),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_every_wait_stays_within_bounds(
    first: float, longest: float, failures: int, chance: float
) -> None:
    wait = Backoff(first, longest).wait_s(failures, chance)
    assert min(first, longest) <= wait <= longest
