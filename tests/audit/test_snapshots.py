import hashlib
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.audit.snapshots import (
    AlteredSnapshotError,
    Snapshots,
    picture_named,
    purge_pictures,
)
from accessctl.config import SnapshotConfig
from accessctl.errors import StoreError

KEY = b"k" * 32
DAY = 86400.0
NOW = 1_800_000_000.0
LIMITS = SnapshotConfig(days=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


def snapshots(folder: Path, key: bytes = KEY, **config: float) -> Snapshots:
    return Snapshots(folder, key, SnapshotConfig(keep="face", **config))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_picture_is_sealed_and_read_back(folder: Path) -> None:
    kept = snapshots(folder).keep("abc123", NOW, b"a picture")
    assert kept is not None
    assert kept.name == "1800000000000-abc123.snap"
    path = folder / kept.name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == kept.sha256
    assert b"a picture" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert snapshots(folder).read(kept.name) == b"a picture"


def test_the_key_is_derived_not_the_audit_key_itself(folder: Path) -> None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    kept = snapshots(folder).keep("ab", NOW, b"x")
    assert kept is not None
    sealed = (folder / kept.name).read_bytes()
    with pytest.raises(InvalidTag):
        AESGCM(KEY).decrypt(sealed[:12], sealed[12:], kept.name.encode())


@pytest.mark.parametrize("harm", ["byte", "swap", "key", "cut", "gone"])
def test_what_was_altered_is_refused(folder: Path, harm: str) -> None:
    store = snapshots(folder)
    kept, other = store.keep("aa", NOW, b"one"), store.keep("bb", NOW, b"two")
    assert kept is not None
    assert other is not None
    path = folder / kept.name
    if harm == "byte":
        content = bytearray(path.read_bytes())
        content[20] ^= 1
        path.write_bytes(content)
    elif harm == "swap":
        path.write_bytes((folder / other.name).read_bytes())
    elif harm == "cut":
        path.write_bytes(b"")
    elif harm == "gone":
        path.unlink()
    reader = snapshots(folder, b"x" * 32) if harm == "key" else store
    with pytest.raises(StoreError):
        reader.read(kept.name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "1800000000000-xyz.snap", "x"])
def test_only_a_snapshots_name_is_read(folder: Path, name: str) -> None:
    with pytest.raises(StoreError, match="not the name"):
        snapshots(folder).read(name)


def test_a_visit_is_no_path(folder: Path) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        snapshots(folder).keep("../x", NOW, b"x")


def test_days(folder: Path) -> None:
    store = snapshots(folder, days=2)
    for age in (3, 2.5, 1.5, 0):
        store.keep("ab", NOW - age * DAY, b"x")
    assert purge_pictures(folder, LIMITS, NOW) == 2
    assert [int(name[:13]) / 1000 for name in names(folder)] == [NOW - 1.5 * DAY, NOW]
    assert purge_pictures(folder, LIMITS, NOW + 1.9 * DAY) == 1
    assert purge_pictures(folder, LIMITS, NOW + 1.9 * DAY) == 0


def test_a_picture_taken_while_the_clock_is_a_year_ahead_costs_no_older_one(folder: Path) -> None:
    store = snapshots(folder, days=2)
    store.keep("ab", NOW, b"x")
    store.keep("cd", NOW + 365 * DAY, b"x")
    assert len(names(folder)) == 2
    assert purge_pictures(folder, LIMITS, None) == 0


def test_other_files_are_left_alone(folder: Path) -> None:
    store = snapshots(folder)
    store.keep("ab", NOW, b"x")
    (folder / "readme.txt").write_text("mine")
    purge_pictures(folder, LIMITS, NOW + 1000 * DAY)
    assert names(folder) == ["readme.txt"]


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert snapshots(blocked / "in").keep("ab", NOW, b"x") is None


def test_one_that_is_too_large_is_left_out(folder: Path) -> None:
    store = snapshots(folder, max_mb=0.005)
    assert store.keep("ab", NOW, b"x" * 1000) is not None
    assert store.keep("cd", NOW + 1, b"x" * 5000) is None
    assert len(names(folder)) == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_bytes_are_never_exceeded_and_the_newest_stays(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("snapshots")
    store = snapshots(folder, max_mb=0.005)
    for turn, size in enumerate(sizes):
        kept = store.keep("ab", NOW + turn, b"x" * size)
        files = [path.stat().st_size for path in folder.iterdir()]
        assert sum(files) <= 5000
        assert kept is not None
        assert names(folder)[-1] == kept.name


def test_what_is_gone_is_none_and_what_was_altered_is_told(folder: Path) -> None:
    kept = snapshots(folder).keep("abc", NOW, b"a picture")
    assert kept is not None
    assert snapshots(folder).find(kept.name) == b"a picture"
    with pytest.raises(AlteredSnapshotError):
        snapshots(folder, b"o" * 32).find(kept.name)
    (folder / kept.name).unlink()
    assert snapshots(folder).find(kept.name) is None
    (folder / kept.name).mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        snapshots(folder).find(kept.name)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (rb'[1,2.5,"decision",null,"{\"snapshot\":\"1800000000000-ab.snap\"}"]', True),
        (rb'[1,2.5,"decision",null,"{\"snapshot\":null}"]', False),
        (rb'[1,2.5,"decision",null,"{\"snapshot\":\"../../x.snap\"}"]', False),
        (rb'[1,2.5,"decision",null,"{\"snapshot\":[]}"]', False),
        (rb'[1,2.5,"decision",null,"[]"]', False),
        (rb'[1,2.5,"decision",null,"{"]', False),
        (b'[1,2.5,"decision",null,7]', False),
        (b"null", False),
        (b"[1]", False),
        (b"[" * 100_000, False),
        (b"\xff", False),
    ],
    ids=lambda value: None if isinstance(value, bool) else value[:60].decode("latin-1"),
)
def test_which_picture_a_record_names(record: bytes, name: bool) -> None:
    assert picture_named(record) == ("1800000000000-ab.snap" if name else None)
