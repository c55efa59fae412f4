import base64
import stat
from pathlib import Path

import pytest

from accessctl.audit.audit_key import find_key, generate_key
from accessctl.errors import StoreError

KEY = bytes(range(32))


def write(path: Path, key: bytes = KEY, mode: int = 0o600) -> Path:
    path.write_bytes(base64.b64encode(key) + b"\n")
    path.chmod(mode)
    return path


def test_a_generated_key_is_private_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.key"
    assert find_key(path, {}) is None
    assert generate_key(path, lambda count: KEY[:count]) == KEY
    assert find_key(path, {}) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["audit.key"]


def test_whoever_comes_second_takes_the_key_that_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "audit.key")
    assert generate_key(path, lambda count: b"x" * count) == KEY
    assert find_key(path, {}) == KEY


def test_named_file_then_credential_then_local(tmp_path: Path) -> None:
    local = write(tmp_path / "audit.key", b"l" * 32)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    write(credentials / "accessctl-audit-key", b"c" * 32, 0o440)
    named = write(tmp_path / "named", b"n" * 32)
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert find_key(local, environment) == b"c" * 32
    assert find_key(local, environment | {"ACCESSCTL_AUDIT_KEY_FILE": str(named)}) == b"n" * 32


@pytest.mark.parametrize("content", [b"", b"short", b"?" * 44, b"x" * 5000])
def test_what_is_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "audit.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="not an audit key"):
        find_key(path, {})


def test_a_key_that_others_can_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="chmod 600"):
        find_key(write(tmp_path / "audit.key", mode=0o644), {})


def test_a_named_key_that_is_not_there(tmp_path: Path) -> None:
    environment = {"ACCESSCTL_AUDIT_KEY_FILE": str(tmp_path / "none")}
    with pytest.raises(StoreError, match="ACCESSCTL_AUDIT_KEY_FILE"):
        find_key(tmp_path / "audit.key", environment)


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        find_key(tmp_path, {})
