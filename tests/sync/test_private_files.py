from pathlib import Path

import pytest

from accessctl.errors import FaultError
from accessctl.sync.private_files import keep_private, read_private


def test_what_is_kept_is_read_again_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "sync" / "door.key"
    keep_private(path, b"one")
    keep_private(path, b"another")
    assert read_private(path) == b"another"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["door.key"]


def test_what_others_can_read_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "door.key"
    keep_private(path, b"one")
    path.chmod(0o640)
    with pytest.raises(FaultError, match=f"can be read by other users; run: chmod 600 {path}"):
        read_private(path)


def test_what_is_missing_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "door.key"
    with pytest.raises(FaultError, match="No such file"):
        read_private(path)


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "sync").write_bytes(b"a file where the folder has to be")
    with pytest.raises(FaultError, match=r"cannot be written .*; make room, or its folder"):
        keep_private(tmp_path / "sync" / "door.key", b"one")
