"""For how much of its time a door may be held off, whatever is asked of it."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from accessctl.policy.held_share import LEAST_S, MOST_S, HeldShare

seconds = st.floats(0.5, 90.0)


def test_a_short_one_costs_a_minute_and_is_paid_back() -> None:
    share = HeldShare(at=100.0).begun().moved(105.0, 105.0)
    assert (share.owed_s, share.rests) == (60.0, False)
    assert share.moved(135.0, -inf).owed_s == 30.0
    assert share.moved(500.0, -inf) == HeldShare(0.0, 500.0, 160.0)


def test_a_long_one_costs_its_own_time_and_ends() -> None:
    share = HeldShare(at=100.0).begun()
    assert share.latest == 100.0 + MOST_S
    share = share.moved(400.0, 430.0)
    assert (share.owed_s, share.latest) == (300.0, 700.0)
    share = share.moved(700.0, 700.0)
    assert share.rests
    assert share.moved(1299.0, 700.0).rests
    assert not share.moved(1300.0, 700.0).rests


def test_the_last_one_lasts_as_long_as_it_costs() -> None:
    share = HeldShare(owed_s=MOST_S - 1, at=10.0).begun()
    assert share.latest == 10.0 + LEAST_S
    assert share.moved(20.0, 70.0).rests


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=200))
def test_it_is_held_off_for_half_of_its_time_and_ten_minutes_more(
    asked: list[tuple[float, float]],
) -> None:
    """Whoever asks begins whenever they may, and ends as they like."""
    share, held, free = HeldShare(), 0.0, 0.0
    for wanted, pause in asked:
        if not share.rests:
            share = share.begun()
            until = min(share.at + wanted, share.latest)
            held += until - share.at
            share = share.moved(until, until)
        free += pause
        share = share.moved(share.at + pause, -inf)
    assert held <= free + MOST_S + LEAST_S + 1e-6


@given(st.floats(0.01, 5.0), st.floats(0.01, 5.0))
def test_many_short_ones_do_not_keep_it_from_deciding(wanted: float, pause: float) -> None:
    """Whoever was in view while it was held off is not decided on: so each one counts a minute."""
    share, begun = HeldShare(), 0
    while not share.rests:
        share = share.begun()
        share = share.moved(share.at + wanted, share.at + wanted)
        share = share.moved(share.at + pause, -inf)
        begun += 1
    assert begun <= 11
    rest = share.owed_s
    assert share.moved(share.at + rest - 0.001, -inf).rests
    assert rest > MOST_S - 60
