import base64
import logging
import os
from pathlib import Path

import pytest

from accessctl.errors import GalleryKeyError
from accessctl.gallery.keys import LOCAL_KEY, find_key, generate_key

KEY = bytes(range(32))


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_no_key_anywhere(tmp_path: Path) -> None:
    assert find_key(tmp_path, {}) is None


@pytest.mark.parametrize("content", [KEY, base64.b64encode(KEY), base64.b64encode(KEY) + b"\n"])
def test_key_file_from_the_environment(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "k", content)
    assert find_key(tmp_path, {"ACCESSCTL_KEY_FILE": str(path)}) == KEY


def test_order_of_places(tmp_path: Path) -> None:
    named = write(tmp_path / "named", b"n" * 32)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    write(credentials / "accessctl-key", b"c" * 32)
    write(tmp_path / LOCAL_KEY, b"l" * 32)
    both = {"ACCESSCTL_KEY_FILE": str(named), "CREDENTIALS_DIRECTORY": str(credentials)}
    assert find_key(tmp_path, both) == b"n" * 32
    assert find_key(tmp_path, {"CREDENTIALS_DIRECTORY": str(credentials)}) == b"c" * 32
    assert find_key(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == b"l" * 32
    assert find_key(tmp_path, {}) == b"l" * 32


def test_a_named_key_that_is_missing_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path / LOCAL_KEY, KEY)
    with pytest.raises(GalleryKeyError, match="No such file"):
        find_key(tmp_path, {"ACCESSCTL_KEY_FILE": str(tmp_path / "gone")})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / LOCAL_KEY, KEY, mode)
    with pytest.raises(GalleryKeyError, match=f"chmod 600 {path}"):
        find_key(tmp_path, {})


def test_a_credential_may_show_group_permission(tmp_path: Path) -> None:
    write(tmp_path / "accessctl-key", KEY, 0o440)
    assert find_key(tmp_path / "x", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == KEY


@pytest.mark.parametrize(
    "content", [b"", b"short", b"x" * 33, base64.b64encode(b"x" * 31), b"!" * 44]
)
def test_what_is_not_a_key(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / LOCAL_KEY, content)
    with pytest.raises(GalleryKeyError, match="is not a gallery key"):
        find_key(tmp_path, {})


def test_a_folder_is_not_a_key(tmp_path: Path) -> None:
    with pytest.raises(GalleryKeyError, match="is not a file"):
        find_key(tmp_path, {"ACCESSCTL_KEY_FILE": str(tmp_path)})


def test_generated_key_is_private_found_again_and_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        key = generate_key(tmp_path, os.urandom)
    assert len(key) == 32
    assert (tmp_path / LOCAL_KEY).stat().st_mode & 0o777 == 0o600
    assert find_key(tmp_path, {}) == key
    assert "protects only a copied database" in caplog.text
    assert base64.b64encode(key).decode() not in caplog.text


def test_a_key_is_never_overwritten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / LOCAL_KEY, KEY)
    assert generate_key(tmp_path, os.urandom) == KEY
    assert (tmp_path / LOCAL_KEY).read_bytes() == KEY
    assert caplog.text == ""
