import threading
from collections.abc import Callable
from itertools import count

import pytest

from accessctl.errors import StoreError
from accessctl.service.upkeep import Upkeep


def test_it_works_at_once_and_again_each_time() -> None:
    times = count(1)
    thrice = threading.Event()

    def work(_pause: Callable[[], None]) -> None:
        if next(times) == 3:
            thrice.set()

    with Upkeep(work, every_s=0.001):
        assert thrice.wait(10)


def test_a_day_lies_between_two_times() -> None:
    done = threading.Event()
    times = []

    def work(_pause: Callable[[], None]) -> None:
        times.append(1)
        done.set()

    with Upkeep(work):
        assert done.wait(10)
    assert times == [1]


def test_a_fault_is_logged_and_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    again = threading.Event()
    times = count(1)

    def work(_pause: Callable[[], None]) -> None:
        if next(times) == 1:
            raise StoreError("the disk is full")
        again.set()

    with Upkeep(work, every_s=0.001):
        assert again.wait(10)
    assert [record.message for record in caplog.records] == [
        "Old records were not removed: the disk is full"
    ]


def test_a_door_that_stops_does_not_wait_for_the_end_of_the_work() -> None:
    begun = threading.Event()
    bites = []

    def work(pause: Callable[[], None]) -> None:
        begun.set()
        while True:
            bites.append(1)
            pause()

    upkeep = Upkeep(work)
    with upkeep:
        assert begun.wait(10)
    assert not upkeep.alive
    assert bites
