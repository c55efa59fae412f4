import os
from pathlib import Path

import pytest

from accessctl.errors import ConfigError
from accessctl.storage.passwords import credential, password_in, secret_line


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b"secret\n", 0o644),
        (b"secret\n", 0o640),
        (b"", 0o600),
        (b"a\nb\n", 0o600),
        (b"\xff", 0o600),
        (b"x" * 257, 0o600),
    ],
)
def test_a_password_that_others_may_read_or_that_is_none_is_refused(
    tmp_path: Path, content: bytes, mode: int
) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="password") as refused:
        password_in(path, "the relay's")
    assert "secret" not in str(refused.value)


def test_a_password_is_one_line_without_its_end(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes("päss word\r\n".encode())
    path.chmod(0o600)
    assert password_in(path, "the broker's") == "päss word"


def test_a_password_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Cannot read the relay's password"):
        password_in(tmp_path / "missing", "the relay's")


def test_a_pipe_is_no_password_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match="no plain file"):
        password_in(tmp_path / "pipe", "the relay's")


def test_a_credential_of_systemd_is_read_whatever_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "accessctl-mqtt-password"
    assert credential(file.name, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None
    file.write_text("sesame\n")
    file.chmod(0o440)
    assert credential(file.name, {}) is None
    found = credential(file.name, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found == file
    assert password_in(found, "the broker's", private=False) == "sesame"


def test_another_secret_is_called_what_it_is(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("0011\n")
    key.chmod(0o600)
    assert secret_line(key, "The controller's key", "doorway.controller.key_file") == "0011"
    key.unlink()
    refusal = r"Cannot read the controller's key .*; see doorway\.controller\.key_file\."
    with pytest.raises(ConfigError, match=refusal):
        secret_line(key, "The controller's key", "doorway.controller.key_file")
