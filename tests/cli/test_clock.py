import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accessctl.audit.opening import open_log
from accessctl.cli import clock as module
from accessctl.cli.main import main
from accessctl.clock import Clocks, uptime
from accessctl.config import AuditConfig
from accessctl.domain import Event, EventKind

DAY_S = 86400.0


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    # What this machine's kernel says of its clock is not what is tested.
    monkeypatch.setattr(module, "synchronised", lambda: False)
    monkeypatch.setattr(Clocks, "__init__", unsynchronised(Clocks.__init__))
    (tmp_path / "config.yaml").write_text("access: {timezone: UTC}\n")
    return tmp_path


def unsynchronised(init: Callable[..., None]) -> Callable[..., None]:
    def made(self: Clocks, **given: object) -> None:
        init(self, **({"synchronised": lambda: False} | given))

    return made


@pytest.fixture
def jumped(house: Path) -> Path:
    """The log was last written by a clock that stood ten days back, a moment ago."""
    back = Clocks(wall=lambda: time.time() - 10 * DAY_S, uptime=uptime)
    with open_log(AuditConfig(file=house / "state" / "events.sqlite"), {}, clocks=back) as log:
        log.append(Event(time.time() - 10 * DAY_S, EventKind.SERVICE, {"state": "started"}))
    return house


def run(house: Path, *argv: str) -> int:
    return main([*argv, "--config", str(house / "config.yaml")])


def test_a_clock_that_goes_with_its_log(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(house, "clock") == 0
    assert capsys.readouterr().out.endswith("The event log goes with it.\n")
    assert not (house / "state").exists()


def test_a_jump_holds_a_purge_until_it_is_confirmed(
    jumped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(jumped, "clock") == 1
    assert "jumped ahead by 10 days" in capsys.readouterr().out
    assert run(jumped, "clock", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["believed"], round(said["jumped_s"] / DAY_S)) == (False, 10)
    assert run(jumped, "events", "purge", "--keep-days", "5") == 1
    assert "accessctl clock confirm" in capsys.readouterr().err
    assert run(jumped, "clock", "confirm", "2001-01-01") == 2
    today = f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%d}"
    assert run(jumped, "clock", "confirm", today) == 0
    assert run(jumped, "clock") == 0
    assert run(jumped, "events", "purge", "--keep-days", "5") == 0
    assert "Removed 1 records" in capsys.readouterr().out


def test_without_a_log_there_is_nothing_to_confirm(house: Path) -> None:
    assert run(house, "clock", "confirm", "2026-01-31") == 2
