import logging

import pytest

from accessctl.errors import HubBusyError, HubError
from accessctl.sync.repeating import Pauses, RepeatingThread
from tests.patience import wait_for


def test_a_fault_of_its_own_ends_nothing_either(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(RepeatingThread):
        turns = 0

        def work_once(self) -> float:
            self.turns += 1
            raise ZeroDivisionError

    thread = Broken("broken", "It is broken.", "It works.")
    with thread:
        for turn in (1, 2, 3):
            wait_for(lambda turn=turn: thread.turns >= turn, "the next turn")
            thread.wake()
        assert thread.alive
    assert "ZeroDivisionError" in caplog.text


def test_the_pauses_double_up_to_the_longest_and_begin_anew_once_it_works() -> None:
    pauses = Pauses(1, 30, draw=lambda: 0.5)
    fault = HubError("The hub is away.")
    assert [pauses.after(fault) for _ in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    pauses.over()
    assert pauses.after(fault) == 0.5


def test_two_that_were_cut_off_together_come_back_at_different_moments() -> None:
    one, other = Pauses(draw=lambda: 0.1), Pauses(draw=lambda: 0.9)
    fault = HubError("The hub is away.")
    assert [one.after(fault), other.after(fault)] == [0.1, 0.9]


def test_what_a_busy_hub_asked_for_comes_before_the_pause() -> None:
    pauses = Pauses(2, 60, draw=lambda: 0.25)
    assert pauses.after(HubBusyError("Not now.", 5)) == 5.5
    assert pauses.after(HubBusyError("Not now.")) == 1


def test_the_line_to_a_busy_hub_is_kept_and_the_one_to_another_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Turned(RepeatingThread):
        fault: HubError | None = HubBusyError("Not now.", 60)
        turns = disconnects = 0

        def work_once(self) -> float:
            self.turns += 1
            if self.fault is not None:
                raise self.fault
            return 60.0

        def disconnect(self) -> None:
            self.disconnects += 1

    caplog.set_level(logging.INFO)
    thread = Turned("turned", "It is turned away.", "It is let in.")

    def next_turn(after: int) -> None:
        thread.wake()
        wait_for(lambda: thread.turns > after and not thread.woken.is_set(), "the next turn")

    with thread:
        for turn in (1, 2, 3):
            wait_for(lambda turn=turn: thread.turns >= turn, "a turn")
            assert not thread.told
            next_turn(turn)
        wait_for(lambda: thread.told == "Not now.", "the trouble")
        assert (thread.turns, thread.disconnects) == (4, 0)
        thread.fault = HubError("Gone.")
        next_turn(thread.turns)
        wait_for(lambda: thread.told == "Gone.", "the other trouble")
        assert thread.disconnects == 1
        thread.fault = None
        next_turn(thread.turns)
        wait_for(lambda: not thread.told, "the end of the trouble")
    assert caplog.messages == [
        "It is turned away. Not now.",
        "It is turned away. Gone.",
        "It is let in.",
    ]
