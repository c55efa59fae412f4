import csv
import json
import sqlite3
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accessctl.audit.opening import find_key, key_path, open_log, snapshot_folder
from accessctl.audit.snapshots import Snapshots
from accessctl.cli.main import main
from accessctl.clock import Clocks, uptime
from accessctl.config import AuditConfig
from accessctl.domain import Event, EventKind
from accessctl.errors import InputError, StoreError

Run = Callable[..., int]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.yaml").write_text("{}\n")
    return tmp_path


@pytest.fixture
def run(house: Path, understand) -> Run:
    def perform(*argv: str) -> int:
        code: int = understand("events", *argv, "--config", house / "config.yaml").run()
        return code

    return perform


@pytest.fixture
def file(house: Path) -> Path:
    """A log of five events, the first two a week old."""
    path = house / "state" / "events.sqlite"
    now = time.time()
    with open_log(AuditConfig(file=path), {}) as log:
        for turn, age in enumerate((7e5, 7e5, 30.0, 20.0, 10.0)):
            log.append(Event(now - age, EventKind.DECISION, {"visit": f"v{turn}"}))
    return path


def test_an_honest_log(file: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify") == 0
    assert capsys.readouterr().out == "Read 5 records.\nNothing speaks against the log.\n"


def test_the_first_broken_record_is_named(
    file: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    db = sqlite3.connect(file)
    db.execute("DELETE FROM event WHERE id = 3")
    db.commit()
    db.close()
    assert run("verify") == 1
    assert "BROKEN at record 3: it is missing." in capsys.readouterr().out
    assert run("verify", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["broken"]["record"], said["covered"]) == (False, 3, 5)


def test_without_a_key_it_says_what_it_cannot_see(
    file: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    file.with_name("events.sqlite.key").unlink()
    with pytest.raises(StoreError, match="restore"):
        run("verify")
    file.with_name("events.sqlite.head").unlink()
    assert run("verify") == 0
    assert "No audit key or head" in capsys.readouterr().out


def test_no_log(house: Path, run: Run) -> None:
    for command in (("verify",), ("export",), ("purge", "--keep-days", "1")):
        with pytest.raises(InputError, match="no event log"):
            run(*command)
    assert not (house / "state").exists()


def test_purge_keeps_what_is_younger(
    file: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("purge", "--keep-days", "7") == 0
    assert "Removed 2 records" in capsys.readouterr().out
    assert run("verify") == 0
    assert capsys.readouterr().out.startswith("Read 4 records, 2 older ones were purged.\n")


def test_export(house: Path, file: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("export")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["visit"] for line in lines] == ["v0", "v1", "v2", "v3", "v4"]
    output = house / "log.csv"
    run("export", "--format", "csv", "--since", "1d", "--output", str(output))
    with output.open(newline="") as opened:
        assert [row["visit"] for row in csv.DictReader(opened)] == ["v2", "v3", "v4"]
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="name a new file"):
        run("export", "--output", str(output))


def test_a_picture_is_decrypted_into_a_new_file(house: Path, file: Path, run: Run) -> None:
    config = AuditConfig(file=file)
    key = find_key(key_path(config), {})
    assert key is not None
    kept = Snapshots(snapshot_folder(config), key, config.snapshots).keep("ab", 1000.0, b"jpeg")
    assert kept is not None
    output = house / "picture.jpg"
    assert run("picture", kept.name, str(output)) == 0
    assert output.read_bytes() == b"jpeg"
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="name a new file"):
        run("picture", kept.name, str(output))
    file.with_name("events.sqlite.key").unlink()
    with pytest.raises(InputError, match="no audit key"):
        run("picture", kept.name, str(house / "other.jpg"))


DAY_S = 86400.0


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.yaml").write_text("access: {timezone: UTC}\n")
    return tmp_path


@pytest.fixture
def jumped(clocked: Path) -> Path:
    """The log was last written by a clock that stood ten days back, a moment ago."""
    back = Clocks(wall=lambda: time.time() - 10 * DAY_S, uptime=uptime, synchronised=lambda: False)
    with open_log(AuditConfig(file=clocked / "state" / "events.sqlite"), {}, clocks=back) as log:
        log.append(Event(time.time() - 10 * DAY_S, EventKind.SERVICE, {"state": "started"}))
    return clocked


def on_time(clocked: Path, *argv: str) -> int:
    """What this machine's kernel says of its clock is not what is tested."""
    clocks = Clocks(synchronised=lambda: False)
    return main(
        [*argv, "--config", str(clocked / "config.yaml")],
        lambda typed: typed.verb.run(typed.options, clocks=clocks),
    )


def test_a_clock_that_goes_with_its_log(clocked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert on_time(clocked, "clock") == 0
    assert capsys.readouterr().out.endswith("The event log goes with it.\n")
    assert not (clocked / "state").exists()


def test_a_jump_holds_a_purge_until_it_is_confirmed(
    jumped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_time(jumped, "clock") == 1
    assert "jumped ahead by 10 days" in capsys.readouterr().out
    assert on_time(jumped, "clock", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["believed"], round(said["jumped_s"] / DAY_S)) == (False, 10)
    assert on_time(jumped, "events", "purge", "--keep-days", "5") == 1
    assert "accessctl clock confirm" in capsys.readouterr().err
    assert on_time(jumped, "clock", "confirm", "2001-01-01") == 2
    today = f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%d}"
    assert on_time(jumped, "clock", "confirm", today) == 0
    assert on_time(jumped, "clock") == 0
    assert on_time(jumped, "events", "purge", "--keep-days", "5") == 0
    assert "Removed 1 records" in capsys.readouterr().out


def test_without_a_log_there_is_nothing_to_confirm(clocked: Path) -> None:
    assert on_time(clocked, "clock", "confirm", "2026-01-31") == 2
