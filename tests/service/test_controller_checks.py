from pathlib import Path

import pytest

from accessctl.config import Config
from accessctl.control.server import ControlServer
from accessctl.doorway.controller_key import keep_key, key_file
from accessctl.service.checks import Finding
from accessctl.service.controller_checks import check_controller, running_controller
from tests.doorway.control_panel import KEY

SECURE = {"state": "secure", "detail": "in the secure channel", "for_s": 1.0, "told": {}}
AWAY = SECURE | {"state": "away", "detail": "no controller asks on the line"}


def config(folder: Path, device: str = "/dev/null") -> Config:
    return Config.model_validate(
        {
            "audit": {"file": str(folder / "state" / "events.sqlite")},
            "doorway": {"controller": {"type": "osdp", "device": device}},
        }
    )


def found(config: Config, report: dict[str, object] | None = None) -> Finding:
    (finding,) = check_controller(config, {}, lambda _: report)
    return finding


def test_nothing_is_said_where_there_is_none():
    assert list(check_controller(Config())) == []


def test_a_key_that_is_missing_is_a_failure(tmp_path):
    finding = found(config(tmp_path))
    assert finding.level == "failure"
    assert "accessctl controller pair" in finding.sentence


@pytest.mark.parametrize(
    ("device", "report", "level", "said"),
    [
        ("/dev/null", None, "ok", "is there"),
        ("/dev/no-such-line", None, "failure", "There is no serial line"),
        ("/dev/no-such-line", SECURE, "ok", "in the secure channel"),
        ("/dev/null", AWAY, "failure", "no controller asks"),
    ],
)
def test_the_line_and_what_the_running_door_says(tmp_path, device, report, level, said):
    made = config(tmp_path, device)
    keep_key(key_file(made), KEY)
    finding = found(made, report)
    assert (finding.level, said in finding.sentence) == (level, True)


def test_the_running_door_is_asked(tmp_path):
    socket = tmp_path / "door.sock"
    assert running_controller(socket) is None
    with ControlServer(socket, {"status": lambda _: {"controller": SECURE}}):
        assert running_controller(socket) == SECURE
    with ControlServer(socket, {"status": lambda _: {}}):
        assert running_controller(socket) is None
