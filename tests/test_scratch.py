import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.scratch import will_do, write_in_memory


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python itself found before is put back."""
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())


def test_a_folder_that_will_do_is_named(
    former: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.scratch.will_do", lambda memory: memory == tmp_path)
    environment: dict[str, str] = {}
    write_in_memory(environment, tmp_path)
    assert environment == {"TMPDIR": str(tmp_path)}
    assert tempfile.tempdir is None
    elsewhere: dict[str, str] = {}
    write_in_memory(elsewhere, tmp_path / "other")
    assert elsewhere == {}


def test_what_somebody_named_stays(former: None, tmp_path: Path) -> None:
    before = tempfile.tempdir
    environment = {"TMPDIR": "/somewhere"}
    write_in_memory(environment, tmp_path)
    assert environment == {"TMPDIR": "/somewhere"}
    assert tempfile.tempdir == before


def test_it_has_to_be_there_with_room_for_all(tmp_path: Path) -> None:
    assert will_do(tmp_path, room_bytes=1)
    assert not will_do(tmp_path, room_bytes=1 << 60)
    assert not will_do(tmp_path / "none", room_bytes=1)


def test_programs_have_to_start_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = {"f_bavail": 1 << 30, "f_frsize": 4096}
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=0, **room))
    assert will_do(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_NOEXEC, **room))
    assert not will_do(tmp_path)
