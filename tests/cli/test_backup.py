import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.administration.backup import BackedUp
from accessctl.administration.restore import Restored
from accessctl.audit.opening import open_log
from accessctl.audit.verify import RecordFinding
from accessctl.cli.backup import backup_in_words, restore_in_words
from accessctl.cli.main import main
from accessctl.config import AuditConfig
from accessctl.control.server import listening
from accessctl.domain import Event, EventKind
from accessctl.door.duty import Duty

Run = Callable[..., int]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.yaml").write_text("{}\n")
    with open_log(AuditConfig(file=tmp_path / "state" / "events.sqlite"), {}) as log:
        log.append(Event(time.time(), EventKind.SERVICE, {"state": "started"}))
    return tmp_path


@pytest.fixture
def run(house: Path) -> Run:
    return lambda *argv: main([*map(str, argv), "--config", str(house / "config.yaml")])


def test_there_and_back(house: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    file, keys = house / "door.backup", house / "door.keys"
    assert run("backup", file, "--with-keys", keys) == 0
    assert capsys.readouterr().out == (
        f"Saved 0 people and 2 records in {file}.\n"
        f"The keys are in {keys}: keep that file in another place.\n"
    )
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, keys)} == {0o600}
    shutil.rmtree(house / "state")
    assert run("restore", file) == 2
    assert "audit key" in capsys.readouterr().err
    assert run("restore", file, "--keys", keys) == 0
    assert capsys.readouterr().out.startswith("Restored 0 people and 2 records of ")
    assert run("events", "verify") == 0
    assert "restored from a backup that ended at record 2" in capsys.readouterr().out


def test_a_running_door_is_not_restored_under(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backup", house / "b") == 0
    with listening(house / "state" / "door.sock"):
        assert run("restore", house / "b") == 1
    assert "Another door is running" in capsys.readouterr().err


def test_a_preview_that_acts_is_not_restored_under(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """It answers on no socket, but writes to the log that would be moved aside."""
    assert run("backup", house / "b") == 0
    before = (house / "state" / "events.sqlite").read_bytes()
    with Duty(house / "state" / "events.sqlite.front.lock", waits=False):
        assert run("restore", house / "b") == 1
    assert "end it first" in capsys.readouterr().err
    assert (house / "state" / "events.sqlite").read_bytes() == before
    assert run("restore", house / "b") == 0


def test_a_backup_never_goes_over_another(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "b").write_text("mine")
    assert run("backup", house / "b") == 2
    assert "never overwritten" in capsys.readouterr().err
    assert (house / "b").read_text() == "mine"


def test_what_a_backup_holds_in_words() -> None:
    made = BackedUp(1, 5, 2, 5, RecordFinding(3, "it is missing"))
    assert backup_in_words(made, Path("b"), None) == [
        "Saved 1 person, 5 records and 2 pictures in b.",
        "The keys are not in it: without them it cannot be restored.",
        "The event log is broken at record 3 (it is missing); it was saved as it is.",
    ]


def test_what_came_back_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TZ", "UTC")
    time.tzset()
    found = Restored(0.0, 3, 5, 0, 5, 9, ("Grace",), (Path("/old/gallery"),), badges_again=2)
    assert restore_in_words(found) == [
        "Restored 3 people and 5 records of 1970-01-01 00:00 UTC.",
        "Records 6 to 9 were written after the backup and are not in it; that is on record.",
        "Removed again, as they were after the backup: Grace.",
        "Badges taken away again, as they were after it: 2.",
        "What was there lies aside; delete it once you are content:",
        "  /old/gallery",
    ]
