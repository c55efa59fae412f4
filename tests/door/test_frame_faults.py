import threading
from collections.abc import Iterator

import numpy as np
import pytest

from accessctl.domain import Frame, Outcome
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.frame_faults import MOST_IN_A_ROW, FrameFaults
from accessctl.door.session import watch
from accessctl.vision.fake import fake_face

ADA = 1


class Film:
    """Frames of Ada, ten a second."""

    def __init__(self, frames: int) -> None:
        self._frames: Iterator[int] = iter(range(frames))
        self.ended = False

    def next(self, timeout_s: float) -> Frame | None:
        number = next(self._frames, None)
        if number is None:
            self.ended = True
            return None
        return Frame(portrait(ADA), number / 10, number)


class Breaking:
    """Sees Ada, but fails on some calls."""

    def __init__(self, fails: set[int]) -> None:
        self.timings: dict[str, float] = {}
        self.calls = 0
        self._fails = fails

    def observe(self, frame: Frame):
        self.calls += 1
        if frame.sequence in self._fails:
            raise np.linalg.LinAlgError("SVD did not converge")
        return [fake_face(1, box=FACE_BOX)]


def play(fails: set[int], frames: int, faults: FrameFaults):
    house = FakeHouse()
    house.enrol("Ada", ADA)
    house.observer = Breaking(fails)
    door = house.door()
    steps = watch(Film(frames), door, threading.Event(), lambda: 0.0, faults=faults)
    return house, [step for _, step in steps]


def test_a_frame_that_fails_is_dropped_counted_and_logged_once_a_row(caplog) -> None:
    told: list[Exception] = []
    faults = FrameFaults(told.append)
    _, steps = play({1, 2, 6}, 20, faults)
    assert len(steps) == 17
    assert faults.dropped == 3
    assert [type(error).__name__ for error in told] == ["LinAlgError", "LinAlgError"]
    assert caplog.text.count("could not be looked at") == 2
    assert [d.outcome for d in decisions(steps)] == [Outcome.GRANTED]


def test_what_was_half_taken_in_does_not_count() -> None:
    """Three frames before the fault and two after it are no three in a row."""
    house, steps = play({2}, 5, FrameFaults())
    assert decisions(steps) == []
    assert house.unlock.payloads == []


def test_a_row_of_them_ends_the_loop() -> None:
    faults = FrameFaults()
    with pytest.raises(np.linalg.LinAlgError):
        play(set(range(5, 100)), 100, faults)
    assert faults.dropped == MOST_IN_A_ROW


def test_a_fault_in_every_other_frame_ends_nothing() -> None:
    faults = FrameFaults()
    _, steps = play(set(range(0, 100, 2)), 100, faults)
    assert (len(steps), faults.dropped) == (50, 50)
