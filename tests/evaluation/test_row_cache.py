from pathlib import Path

import numpy as np
import pytest

from accessctl.errors import StoreError
from accessctl.evaluation.row_cache import RowCache, default_cache


def row(value: int) -> tuple[np.ndarray, ...]:
    return np.array(value > 1), np.full((2, 3), value, np.float32)


def test_rows_come_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.npz"
    cache = RowCache(path)
    cache.rows |= {"a/1.jpg": row(1), "b/2.jpg": row(2)}
    cache.save()
    again = RowCache(path).rows
    assert list(again) == ["a/1.jpg", "b/2.jpg"]
    assert [bool(flag) for flag, _ in again.values()] == [False, True]
    np.testing.assert_array_equal(again["b/2.jpg"][1], row(2)[1])
    assert again["b/2.jpg"][1].dtype == np.float32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["rows.npz"]


def test_two_who_write_keep_each_others_rows(tmp_path: Path) -> None:
    one, other = RowCache(tmp_path / "rows.npz"), RowCache(tmp_path / "rows.npz")
    one.rows["a"] = row(1)
    other.rows["b"] = row(2)
    one.save()
    other.save()
    assert set(RowCache(tmp_path / "rows.npz").rows) == {"a", "b"}


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    RowCache(path).save()
    assert not path.exists()
    RowCache(None).save()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\x93NUMPY"])
def test_a_damaged_file_is_made_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "rows.npz"
    path.write_bytes(content)
    cache = RowCache(path)
    assert cache.rows == {}
    assert "made anew" in caplog.text
    cache.rows["a"] = row(1)
    cache.save()
    assert set(RowCache(path).rows) == {"a"}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = RowCache(tmp_path / "file" / "rows.npz")
    cache.rows["a"] = row(1)
    with pytest.raises(StoreError, match="--cache"):
        cache.save()


def test_where_caches_belong() -> None:
    assert default_cache({"XDG_CACHE_HOME": "/var/c"}) == Path("/var/c/accessctl/evaluation")
    assert default_cache({}) == Path.home() / ".cache" / "accessctl" / "evaluation"
