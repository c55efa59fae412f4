import json
from dataclasses import replace
from pathlib import Path

import pytest

from accessctl.domain import Posture
from accessctl.doorway.memory import PostureMemory, Remembered
from accessctl.doorway.values import DoorwayState

EPOCH = 1_800_000_000.0


def test_what_was_set_comes_back(tmp_path: Path) -> None:
    memory = PostureMemory(tmp_path / "state" / "doorway.json")
    assert memory.load(EPOCH, clock_believed=True) == Remembered()
    state = DoorwayState(posture=Posture.EVACUATION, beneath=Posture.LOCKED_DOWN, face_entry=False)
    assert memory.save(state, 50.0, EPOCH)
    assert memory.path.stat().st_mode & 0o777 == 0o600
    found = memory.load(EPOCH + 5, clock_believed=False)
    assert found == Remembered(Posture.EVACUATION, None, Posture.LOCKED_DOWN, False, "all of it")


def test_open_hours_come_back_with_what_is_left_of_them_by_a_clock_that_is_believed(
    tmp_path: Path,
) -> None:
    memory = PostureMemory(tmp_path / "doorway.json")
    state = DoorwayState(posture=Posture.OPEN_HOURS, posture_until=150.0)
    assert memory.save(state, 50.0, EPOCH)
    assert memory.load(EPOCH + 30, clock_believed=True).seconds == 70.0
    in_doubt = memory.load(EPOCH + 30, clock_believed=False)
    assert (in_doubt.posture, in_doubt.seconds) == (Posture.NORMAL, None)


GOOD = {
    "version": 1,
    "posture": "normal",
    "until": None,
    "beneath": "normal",
    "face_entry": True,
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        *(
            json.dumps({**GOOD, **wrong}).encode()
            for wrong in (
                {"version": 2},
                {"posture": "open"},
                {"face_entry": "yes"},
                {"until": "soon"},
                {"beneath": None},
            )
        ),
    ],
)
def test_what_cannot_be_read_is_taken_for_a_lockdown(tmp_path: Path, content: bytes) -> None:
    memory = PostureMemory(tmp_path / "doorway.json")
    memory.path.write_bytes(content)
    found = memory.load(EPOCH, clock_believed=True)
    assert (found.posture, found.what) == (Posture.LOCKED_DOWN, "unreadable")


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = PostureMemory(tmp_path / "file" / "doorway.json")
    assert not memory.save(replace(DoorwayState(), at=1.0), 1.0, EPOCH)
