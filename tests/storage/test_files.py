import errno
import os
import stat
from pathlib import Path

import pytest

from accessctl.storage.files import (
    create_private,
    identity,
    is_still,
    make_private,
    sync_folder,
    write_atomically,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "x.sqlite"
    assert create_private(path)
    assert (path.read_bytes(), mode(path), mode(path.parent)) == (b"", 0o600, 0o700)


def test_an_existing_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"kept")
    path.chmod(0o644)
    assert not create_private(path)
    assert (path.read_bytes(), mode(path)) == (b"kept", 0o644)


def test_an_existing_file_is_taken_from_others(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    path.chmod(0o644)
    make_private(path)
    assert mode(path) == 0o600
    path.chmod(0o400)
    make_private(path)
    assert mode(path) == 0o400
    make_private(tmp_path / "nothing here")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    write_atomically(path, b"one")
    assert (path.read_bytes(), mode(path)) == (b"one", 0o600)
    write_atomically(path, b"two", mode=0o644)
    assert (path.read_bytes(), mode(path)) == (b"two", 0o644)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "card.yaml"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "away" / "x", b"")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "away")


def test_a_file_in_anothers_place_is_told_apart(tmp_path: Path) -> None:
    path, other = tmp_path / "x", tmp_path / "y"
    path.touch()
    known = identity(path)
    path.write_bytes(b"more")
    assert is_still(path, known)
    other.touch()
    other.replace(path)
    assert not is_still(path, known)
    path.unlink()
    assert not is_still(path, known)
