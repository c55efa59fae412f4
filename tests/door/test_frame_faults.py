"""Frames on which the door fails."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from accessctl.domain import Box, Frame, Outcome
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.frame_faults import MOST_RUNNING, FrameFaults
from accessctl.door.session import watch
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2


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
    # At ten frames a second the third one comes 11.4 s after the second: a row of its own.
    _, steps = play({1, 2, 116}, 130, faults)
    assert len(steps) == 127
    assert faults.dropped == 3
    assert [type(error).__name__ for error in told] == ["LinAlgError", "LinAlgError"]
    assert caplog.text.count("could not be looked at") == 2
    assert [d.outcome for d in decisions(steps)] == [Outcome.GRANTED]


def test_a_frame_that_fails_is_as_if_it_had_not_been() -> None:
    _, steps = play({2}, 4, FrameFaults())
    (decision,) = decisions(steps)
    assert (decision.outcome, decision.frames) == (Outcome.GRANTED, 3)


def test_what_was_seen_before_a_long_row_does_not_count() -> None:
    """Two frames, 0.8 s of failures in which anybody may have come, and two frames."""
    gap = set(range(2, 9))
    house, steps = play(gap, 11, FrameFaults())
    assert decisions(steps) == []
    assert house.unlock.payloads == []
    _, steps = play(gap, 12, FrameFaults())
    assert [d.outcome for d in decisions(steps)] == [Outcome.GRANTED]


@pytest.mark.parametrize("every", [2, 3])
def test_who_stands_there_is_let_in_though_frame_after_frame_fails(every: int) -> None:
    _, steps = play(set(range(0, 30, every)), 30, FrameFaults())
    assert [d.outcome for d in decisions(steps)] == [Outcome.GRANTED]


def test_a_failure_after_the_lock_was_opened_opens_it_no_second_time() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    house.policy = house.policy.model_copy(update={"cooldown_s": 0.0})
    door = house.door()
    broken = [True]

    def note(_verdict) -> None:
        if broken:
            broken.clear()
            raise OSError("the disk of the lockouts is gone")

    gate = door.gate
    gate.note = note
    house.observer.faces = [fake_face(1, box=FACE_BOX)]
    list(watch(Film(20), door, threading.Event(), lambda: 0.0))
    assert not broken
    assert len(house.unlock.payloads) == 1


def test_of_two_who_left_in_a_frame_that_failed_the_second_is_decided_on() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    gone = [True]

    def wall_clock() -> float:
        # The door asks for the time first when it decides; the first time after they left fails.
        if not house.observer.faces and gone:
            gone.clear()
            raise OSError("no clock")
        return EPOCH

    door = house.door(wall_clock=wall_clock)
    faces = [fake_face(1, box=FACE_BOX), fake_face(2, box=Box(70, 20, 50, 60))]
    house.play(door, [(EVE, faces)] * 2)
    house.observer.faces = []
    list(watch(Film(30), door, threading.Event(), lambda: 0.0))
    assert not gone
    (event,) = house.events()
    assert event.data["visit"] == "visit-2"


def test_many_at_once_end_the_loop() -> None:
    faults = FrameFaults()
    with pytest.raises(np.linalg.LinAlgError):
        play(set(range(5, 100)), 100, faults)
    assert faults.dropped == MOST_RUNNING


def failing(share: float, seconds: float, faults: FrameFaults) -> None:
    """Fifteen frames a second of which that share fails, evenly."""
    due = 0.0
    for number in range(round(seconds * 15)):
        due += share
        if due >= 1:
            due -= 1
            faults.failed(ValueError("no"), number / 15)
        else:
            faults.good(number / 15)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_a_few_that_go_on_failing_are_one_record(share: float) -> None:
    told: list[Exception] = []
    failing(share, 3600, FrameFaults(told.append))
    assert len(told) == 1


def test_a_large_share_for_a_minute_ends_the_loop_and_is_one_record() -> None:
    told: list[Exception] = []
    faults = FrameFaults(told.append)
    failing(0.5, 59, faults)
    assert len(told) == 1
    with pytest.raises(ValueError, match="no"):
        failing(0.5, 120, faults)


def test_a_burst_is_over_after_ten_steady_seconds() -> None:
    told: list[Exception] = []
    faults = FrameFaults(told.append)
    for burst in (0.0, 9.9, 19.8, 40.0):
        for frame in range(5):
            faults.failed(ValueError("no"), burst + frame / 100)
        faults.good(burst + 0.1)
    assert len(told) == 2
