"""A whole self-test, and the file that it leaves."""

import copy
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accessctl.domain import Frame
from accessctl.door.fake import ScriptedCues
from accessctl.errors import CameraError, FaultError
from accessctl.evaluation.selftest import (
    ENDED,
    STOPPED,
    Installer,
    Presented,
    Result,
    SelfTestDoor,
    SelfTestPlan,
    SelfTestSession,
    result_path,
    run_session,
    write_result,
)
from accessctl.liveness.evidence import CueVerdict
from accessctl.vision.fake import FakeObserver, fake_face
from tests.evaluation.conftest import Parts

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


BEGAN = datetime(2026, 11, 22, 23, 5, 9, tzinfo=UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_beside_the_event_log_dated_and_private(tmp_path: Path) -> None:
    path = result_path(tmp_path / "state" / "events.sqlite", BEGAN)
    assert path == tmp_path / "state" / "liveness-selftest-20261122T230509.json"
    write_result(path, {"complete": False, "name": "Zoë"})
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    write_result(path, {"complete": True})
    assert json.loads(path.read_text(encoding="utf-8")) == {"complete": True}
    assert mode(path) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_another_ones_result_is_never_overwritten(tmp_path: Path) -> None:
    result_path(tmp_path / "events.sqlite", BEGAN)
    with pytest.raises(FaultError, match="cannot be kept"):
        result_path(tmp_path / "events.sqlite", BEGAN)


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FaultError, match=r"cannot be kept in .*state .*audit\.file\.$"):
        result_path(tmp_path / "state" / "events.sqlite", BEGAN)


def test_a_disk_that_fails_is_said(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="cannot be kept"):
        write_result(tmp_path / "gone" / "result.json", {})
