import os

import pytest

from accessctl.doorway.secret_line import MAX_SECRET, secret_line
from accessctl.errors import ConfigError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("word\n")
    path.chmod(0o600)
    return path


def test_the_line_without_its_end(file):
    assert secret_line(file, "The word", "word_file") == "word"


def test_others_may_not_read_it_unless_systemd_guards_it(file):
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret_line(file, "The word", "word_file")
    assert secret_line(file, "The word", "word_file", private=False) == "word"


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"x" * (MAX_SECRET + 1)])
def test_it_is_one_line(file, content):
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="one line of text"):
        secret_line(file, "The word", "word_file")


def test_what_is_no_text_or_not_there_names_the_setting(file):
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"Cannot read the word .* see word_file"):
        secret_line(file, "The word", "word_file")
    file.unlink()
    with pytest.raises(ConfigError, match="Cannot read the word"):
        secret_line(file, "The word", "word_file")


def test_a_pipe_keeps_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match="no plain file"):
        secret_line(tmp_path / "pipe", "The word", "word_file")
