import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.errors import FaultError, InputError
from accessctl.storage.backup_file import opened_backup, write_backup

KEY = b"k" * 32


@pytest.fixture
def member(tmp_path: Path) -> Path:
    file = tmp_path / "member"
    file.write_bytes(b"content " * 1000)
    return file


def test_what_is_written_is_unpacked(tmp_path: Path, member: Path) -> None:
    path = tmp_path / "backup"
    write_backup(path, {"a": member}, {"made": 1.5}, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with opened_backup(path, KEY) as backup:
        assert backup.listed.facts == {"made": 1.5}
        backup.unpack("a", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == member.read_bytes()
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def test_a_member_that_may_go_is_left_out_once_it_is_gone(tmp_path: Path, member: Path) -> None:
    path = tmp_path / "backup"
    files = {"a": member, "b": tmp_path / "gone"}
    with pytest.raises(FaultError):
        write_backup(path, files, {}, KEY)
    assert not path.exists()
    assert write_backup(path, files, {}, KEY, may_go=["b"]).members.keys() == {"a"}


def test_more_than_is_listed_is_never_written(tmp_path: Path, member: Path) -> None:
    """The list is right and the member is not: a bomb put in its place."""
    path, bomb = tmp_path / "backup", tmp_path / "bomb"
    write_backup(path, {"a": member}, {}, KEY)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        for name in archive.namelist():
            out.writestr(name, bytes(10**8) if name == "a" else archive.read(name))
    with opened_backup(bomb, KEY) as backup, pytest.raises(InputError, match="damaged"):
        backup.unpack("a", tmp_path / "out")
    assert (tmp_path / "out").stat().st_size <= len(member.read_bytes())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=40))
def test_any_bytes_are_refused_with_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, listed: bytes, seal: bytes
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("manifest.json", listed)
        archive.writestr("manifest.hmac", seal)
    path = tmp_path_factory.mktemp("any") / "backup"
    for data in (listed, content.getvalue()):
        path.write_bytes(data)
        with pytest.raises(InputError), opened_backup(path, KEY):
            pass
