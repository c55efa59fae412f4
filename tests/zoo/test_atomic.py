import os
import stat

import pytest

from accessctl.errors import FetchError
from accessctl.zoo.atomic import replace_text, write_atomically


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "model"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == ["model"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_atomically(path, b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FetchError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="Cannot write"):
        write_atomically(tmp_path / "file" / "model", b"new")


def test_a_text_is_replaced_and_keeps_its_mode_and_its_link(tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "config.yaml"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    replace_text(link, "new ü")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new ü"
    assert real.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "real.yaml"]


def test_a_text_that_is_not_there_is_no_text_to_replace(tmp_path):
    with pytest.raises(FetchError, match="Cannot write"):
        replace_text(tmp_path / "none.yaml", "new")
    assert list(tmp_path.iterdir()) == []
