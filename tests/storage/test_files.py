import base64
import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.errors import FaultError, InputError, StoreError
from accessctl.storage.files import (
    KEY_BYTES,
    KeyPlaces,
    atomic_file,
    create_private,
    identity,
    is_still,
    make_private,
    make_private_folder,
    new_private_file,
    sync_folder,
    write_atomically,
    write_key,
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


@pytest.mark.usefixtures("full_disk")
def test_a_key_on_a_full_disk_leaves_the_next_one_its_place(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_key(tmp_path / "key", b"k" * KEY_BYTES)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_while_it_is_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"kept")

    def write_half() -> None:
        with atomic_file(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert path.read_bytes() == b"kept"


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


PLACES = KeyPlaces("the spare key", "a spare key", "SPARE_KEY_FILE", "spare-key", StoreError)
KEY = bytes(range(KEY_BYTES))


def write(path: Path, content: bytes = KEY, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_generated_key_is_private_whole_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "spare.key"
    assert PLACES.find(path, {}) is None
    assert PLACES.generate(path, lambda count: KEY[:count]) == (KEY, True)
    assert path.read_bytes() == base64.b64encode(KEY) + b"\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert PLACES.find(path, {}) == KEY


def test_one_that_is_there_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "spare.key")
    assert PLACES.generate(path, os.urandom) == (KEY, False)
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "spare.key"
    draft = write(tmp_path / ".spare.key.abcdefgh", b"half", 0o600)
    key, is_new = PLACES.generate(path, os.urandom)
    assert is_new
    assert PLACES.find(path, {}) == key
    assert sorted(tmp_path.iterdir()) == [draft, path]


MAKE = """
import os, sys
from pathlib import Path
from accessctl.errors import FaultError, InputError, StoreError
from accessctl.storage.files import KeyPlaces
places = KeyPlaces("the spare key", "a spare key", "SPARE_KEY_FILE", "spare-key", StoreError)
sys.stdin.read()
print(places.generate(Path(sys.argv[1]), os.urandom)[0].hex())
"""


def test_all_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    path = tmp_path / "spare.key"
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.close()
        maker.stdin = None
    keys = {maker.communicate(timeout=60)[0].strip() for maker in makers}
    found = PLACES.find(path, {})
    assert found is not None
    assert keys == {found.hex()}
    assert list(tmp_path.iterdir()) == [path]


def test_named_file_then_credential_then_the_path(tmp_path: Path) -> None:
    path = write(tmp_path / "spare.key", b"l" * 32)
    (tmp_path / "credentials").mkdir()
    write(tmp_path / "credentials" / "spare-key", b"c" * 32, 0o440)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    named = {"SPARE_KEY_FILE": str(write(tmp_path / "named", b"n" * 32))}
    assert PLACES.find(path, environment | named) == b"n" * 32
    assert PLACES.find(path, environment) == b"c" * 32
    assert PLACES.find(path, {}) == b"l" * 32


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        (KEY[:31], 0o600, "is not a spare key"),
        (b"!" * 44, 0o600, "is not a spare key"),
        (KEY, 0o640, "The spare key .* can be read by other users; run: chmod 600"),
    ],
)
def test_one_that_will_not_do(tmp_path: Path, content: bytes, mode: int, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        PLACES.find(write(tmp_path / "spare.key", content, mode), {})


def test_nowhere_to_write_it(tmp_path: Path) -> None:
    blocked = write(tmp_path / "file") / "spare.key"
    with pytest.raises(StoreError, match="Cannot write the spare key"):
        PLACES.generate(blocked, os.urandom)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_any_bytes_are_a_key_or_refused(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "spare.key", content)
    try:
        key = PLACES.find(path, {})
    except StoreError as error:
        assert str(error).startswith(f"{path} is not a spare key")  # noqa: PT017
    else:
        assert key is not None
        assert len(key) == KEY_BYTES


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_what_is_written_in_place_of_a_file_can_be_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write_atomically(path, b"new", mode=0o640, owner=(65534, 65533))
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (65534, 65533, 0o640)


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")
    with pytest.raises(InputError, match="name a new file"), new_private_file(path):
        pass
    assert path.read_text() == "mine"


def test_what_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new"

    def half() -> None:
        with new_private_file(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert not path.exists()


def test_until_it_is_whole_a_new_file_has_another_name(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with new_private_file(path) as file:
        file.write(b"half")
        (half,) = tmp_path.iterdir()
        assert half.name.startswith(".new.")
        assert mode(half) == 0o600
        file.write(b" and half")
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
    assert (path.read_bytes(), mode(path)) == (b"half and half", 0o600)


def no_links(*_: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.mark.parametrize("links", [True, False])
def test_what_somebody_made_meanwhile_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr("accessctl.storage.files.os.link", no_links)
    path = tmp_path / "new"

    def late() -> None:
        with new_private_file(path) as file:
            file.write(b"mine")
            path.write_text("somebody's")

    with pytest.raises(InputError, match="File exists"):
        late()
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
    assert path.read_text() == "somebody's"


def test_a_disk_without_hard_links_holds_a_new_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessctl.storage.files.os.link", no_links)
    with new_private_file(tmp_path / "new") as file:
        file.write(b"whole")
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new").read_bytes() == b"whole"


def test_a_disk_that_is_full_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    path = tmp_path / "new"
    with pytest.raises(FaultError, match="No space left on device"), new_private_file(path):
        pass
    assert not path.exists()


def test_a_private_folder_is_made_with_all_above_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for _ in range(2):
        make_private_folder(tmp_path / "state" / "hub")
    made = (tmp_path / "state", tmp_path / "state" / "hub")
    assert [folder.stat().st_mode & 0o777 for folder in (*made, tmp_path)] == [0o700, 0o700, 0o755]
