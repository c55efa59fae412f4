"""When a door has to ask its hub next."""

from collections.abc import Callable

from accessctl.sync.due_moment import DueMoment
from tests.clocks import HandClock


def test_it_is_due_at_first_and_again_after_its_time() -> None:
    clock = HandClock(100.0)
    due = DueMoment(clock)
    assert due.is_due()
    due.begin(40.0)
    assert not due.is_due()
    clock.time = 139.9
    assert not due.is_due()
    clock.time = 140.0
    assert due.is_due()
    due.begin(40.0)
    due.at_once()
    assert due.is_due()


def test_what_is_not_due_is_put_off_and_what_is_due_is_not() -> None:
    clock = HandClock(100.0)
    due = DueMoment(clock)
    due.put_off(40.0)
    assert due.is_due()
    due.begin(40.0)
    clock.time = 130.0
    due.put_off(40.0)
    clock.time = 169.9
    assert not due.is_due()
    clock.time = 170.0
    assert due.is_due()
    due.put_off(40.0)
    assert due.is_due()


def test_what_is_wanted_at_once_while_it_is_put_off_stays_due() -> None:
    """Between the look at the clock and the new moment another thread wants it at once."""
    meanwhile: list[Callable[[], None]] = []

    def clock() -> float:
        while meanwhile:
            meanwhile.pop()()
        return 100.0

    due = DueMoment(clock)
    due.begin(40.0)
    meanwhile.append(due.at_once)
    due.put_off(40.0)
    assert not meanwhile
    assert due.is_due()
