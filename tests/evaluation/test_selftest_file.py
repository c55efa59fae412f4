import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accessctl.errors import FaultError
from accessctl.evaluation.selftest_file import result_path, write_result

BEGAN = datetime(2026, 11, 22, 23, 5, 9, tzinfo=UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_beside_the_event_log_dated_and_private(tmp_path: Path) -> None:
    path = result_path(tmp_path / "state" / "events.sqlite", BEGAN)
    assert path == tmp_path / "state" / "liveness-selftest-20261122T230509.json"
    write_result(path, {"complete": False, "name": "Zoë"})
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    write_result(path, {"complete": True})
    assert json.loads(path.read_text(encoding="utf-8")) == {"complete": True}
    assert mode(path) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_another_ones_result_is_never_overwritten(tmp_path: Path) -> None:
    result_path(tmp_path / "events.sqlite", BEGAN)
    with pytest.raises(FaultError, match="cannot be kept"):
        result_path(tmp_path / "events.sqlite", BEGAN)


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FaultError, match=r"cannot be kept in .*state .*audit\.file\.$"):
        result_path(tmp_path / "state" / "events.sqlite", BEGAN)


def test_a_disk_that_fails_is_said(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="cannot be kept"):
        write_result(tmp_path / "gone" / "result.json", {})
