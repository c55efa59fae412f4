import os
from pathlib import Path

import pytest

from accessctl.actions.secret import read_secret
from accessctl.errors import ConfigError

KEY = b"0123456789abcdef"


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_reads_the_key_without_its_line_break(tmp_path: Path, end: bytes) -> None:
    assert read_secret(write(tmp_path / "key", KEY + end)) == KEY


def test_keeps_other_bytes_as_they_are(tmp_path: Path) -> None:
    key = b" \x00\xff\n" + KEY + b" "
    assert read_secret(write(tmp_path / "key", key)) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644])
def test_refuses_a_key_that_others_can_use(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "key", KEY, mode)
    with pytest.raises(ConfigError, match=r"others; run: chmod 600 .*key\.$") as caught:
        read_secret(path)
    assert KEY.decode() not in str(caught.value)


def test_refuses_a_missing_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file or directory.*openssl rand -hex 32"):
        read_secret(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"\n", KEY[:-1], b"x" * 4097])
def test_refuses_a_key_of_absurd_length(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match="16 to 4096 bytes"):
        read_secret(write(tmp_path / "key", content))


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key", 0o600)
    with pytest.raises(ConfigError, match="not a plain file"):
        read_secret(tmp_path / "key")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_secret(tmp_path)
