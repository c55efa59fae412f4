import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from accessctl.domain import Frame
from accessctl.door.fake import ScriptedCues
from accessctl.errors import CameraError
from accessctl.evaluation.selftest import Presented, Result, SelfTestDoor
from accessctl.evaluation.selftest_session import (
    ENDED,
    STOPPED,
    Installer,
    SelfTestPlan,
    SelfTestSession,
    run_session,
)
from accessctl.evaluation.trial_door import DoorParts
from accessctl.liveness.result import CueVerdict
from accessctl.vision.fake import FakeObserver, fake_face

Parts = Callable[..., DoorParts]
PLAN = SelfTestPlan(
    datetime(2026, 11, 22, 9, tzinfo=UTC), "a camera", "passive", ("print", "mask"), 2, 2.0
)
ORDER = [("live", 1), ("live", 2), ("print", 1), ("print", 2), ("mask", 1), ("mask", 2)]


class Film:
    """A reader with so many frames, ten a second."""

    def __init__(self, frames: int, failure: Exception | None = None) -> None:
        self.left = frames
        self.taken = 0
        self._failure = failure

    @property
    def ended(self) -> bool:
        return self.left == 0

    def next(self, timeout_s: float) -> Frame | None:
        if self.left == 0:
            return None
        self.left -= 1
        self.taken += 1
        if self.left == 0 and self._failure is not None:
            raise self._failure
        return Frame(np.zeros((240, 320, 3), np.uint8), self.taken / 10, self.taken)


class Present:
    """An installer who does as told, until `stop` says otherwise."""

    def __init__(self, parts: Parts, stop: Callable[[str, int], bool] = lambda *_: False) -> None:
        self._parts = parts
        self.word = CueVerdict.CONFIRM
        self.asked: list[tuple[str, int]] = []
        self.heard: list[Presented] = []
        self.kept: list[dict[str, Any]] = []
        self._stop = stop

    def ready(self, species: str, number: int) -> bool:
        self.asked.append((species, number))
        return not self._stop(species, number)

    def keep(self, session: SelfTestSession) -> None:
        self.kept.append(copy.deepcopy(session.content()))

    def run(self, film: Film) -> SelfTestSession:
        observer = FakeObserver([[fake_face()]] * 1000)
        looking = SelfTestDoor(observer, self._parts(examine=ScriptedCues(self.word, "depth")))
        installer = Installer(self.ready, lambda prompt: None, self.heard.append)
        return run_session(PLAN, film, looking, installer, lambda: 0.0, self.keep)


def test_everything_is_presented_in_order_and_kept_each_time(parts: Parts) -> None:
    present = Present(parts)
    session = present.run(Film(6 * 21))
    assert present.asked == ORDER
    assert [(one.species, one.number) for one in present.heard] == ORDER
    assert session.broken_off is None
    kept = present.kept[-1]
    assert (kept["complete"], kept["broken_off"]) == (True, None)
    # Every attack was accepted, and of two alike the first is named.
    assert kept["worst_species"] == "print"
    assert [one["errors"] for one in kept["rates"]] == [0, 2, 2]
    # What a crash would leave behind is marked as not complete.
    assert [len(one["presentations"]) for one in present.kept] == [1, 2, 3, 4, 5, 6, 6]
    assert not any(one["complete"] for one in present.kept[:-1])


def test_what_it_says_about_itself(parts: Parts) -> None:
    present = Present(parts)
    present.run(Film(6 * 21))
    kept = present.kept[-1]
    assert kept["began"] == "2026-11-22T09:00:00+00:00"
    assert (kept["selftest"], kept["source"], kept["mode"]) == ("liveness", "a camera", "passive")
    assert kept["planned"] == {"species": ["live", "print", "mask"], "presentations": 2}
    assert kept["seconds"] == 2.0


def test_an_installer_who_stops_keeps_what_was_done(parts: Parts) -> None:
    present = Present(parts, lambda species, number: (species, number) == ("print", 2))
    session = present.run(Film(1000))
    assert session.broken_off == STOPPED
    assert [(one.species, one.number) for one in session.done] == ORDER[:3]
    assert present.kept[-1]["broken_off"] == STOPPED
    assert not present.kept[-1]["complete"]


def test_ctrl_c_in_the_middle_keeps_what_was_done(parts: Parts) -> None:
    def interrupted(species: str, number: int) -> bool:
        if species == "mask":
            raise KeyboardInterrupt
        return False

    present = Present(parts, interrupted)
    session = present.run(Film(1000))
    assert (session.broken_off, len(session.done)) == (STOPPED, 4)
    assert len(present.kept[-1]["presentations"]) == 4


def test_a_recording_that_ends_is_no_refusal(parts: Parts) -> None:
    present = Present(parts)
    present.word = CueVerdict.UNDECIDED
    session = present.run(Film(2 * 21))
    assert session.broken_off == ENDED
    assert [one.result for one in session.done] == [Result.REFUSED] * 2
    assert present.asked == ORDER[:3]


def test_a_camera_that_fails_is_not_swallowed_and_what_was_done_is_kept(parts: Parts) -> None:
    present = Present(parts)
    present.word = CueVerdict.UNDECIDED
    with pytest.raises(CameraError, match="unplugged"):
        present.run(Film(30, CameraError("The camera was unplugged.")))
    assert present.kept[-1]["broken_off"] == "The camera was unplugged."
    assert len(present.kept[-1]["presentations"]) == 1


def test_ended_before_anything_was_presented(parts: Parts) -> None:
    present = Present(parts, lambda *_: True)
    session = present.run(Film(10))
    kept = session.content()
    assert (kept["rates"], kept["worst_species"], kept["complete"]) == ([], None, False)
