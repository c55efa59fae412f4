from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from accessctl.config import AuditConfig, Config, DoorwayConfig, ServiceConfig
from accessctl.doorway.lines import LineFact
from accessctl.service.checks import Level
from accessctl.service.doorway_checks import check_doorway, running_doorway

CONTACT = LineFact("contact", "pinctrl-rp1 GPIO17", True, None)
WELL: Mapping[str, Any] = {
    "state": "closed",
    "posture": "normal",
    "alarms": [],
    "lost": [],
    "failed": [],
}


def config(folder: Path, **doorway: object) -> Config:
    given = {"contact": {"chip": "pinctrl-rp1", "line": "GPIO17"}, **doorway}
    return Config(
        audit=AuditConfig(file=folder / "events.sqlite"),
        service=ServiceConfig(socket=folder / "door.sock"),
        doorway=DoorwayConfig.model_validate(given),
    )


def found(
    config: Config, fact: LineFact = CONTACT, report: Mapping[str, Any] | None = None
) -> list[tuple[Level, str]]:
    checks = check_doorway(config, lambda _: [fact], lambda _: report)
    return [(finding.level, finding.sentence) for finding in checks]


def test_a_door_without_lines_is_not_spoken_of() -> None:
    assert list(check_doorway(Config())) == []


@pytest.mark.parametrize(
    ("fact", "report", "level", "words"),
    [
        (CONTACT, None, Level.OK, "pinctrl-rp1 GPIO17: active."),
        (LineFact("contact", "c l", None, "accessctl"), WELL, Level.OK, "held by the running door"),
        (LineFact("contact", "c l", None, "accessctl"), None, Level.FAILURE, "held by accessctl"),
        (LineFact("contact", "c l", None, "gpiomon"), WELL, Level.FAILURE, "held by gpiomon"),
        (LineFact("contact", "c l", None, None), WELL, Level.FAILURE, "not held, though the door"),
        (LineFact("contact", "c l", None, None, "No chip."), None, Level.FAILURE, "No chip."),
    ],
)
def test_each_line_is_judged(
    tmp_path: Path,
    fact: LineFact,
    report: Mapping[str, Any] | None,
    level: Level,
    words: str,
) -> None:
    first = found(config(tmp_path), fact, report)[0]
    assert first[0] is level
    assert words in first[1]


@pytest.mark.parametrize(
    ("report", "level", "words"),
    [
        (WELL, Level.OK, "closed, posture normal"),
        ({**WELL, "state": "forced", "alarms": ["forced"]}, Level.WARNING, "forced"),
        ({**WELL, "failed": ["lock"]}, Level.WARNING, "lock does not obey"),
        ({"state": "not_taken"}, Level.FAILURE, "could not take its lines"),
    ],
)
def test_the_running_door_is_judged(
    tmp_path: Path, report: Mapping[str, Any], level: Level, words: str
) -> None:
    second = found(config(tmp_path), LineFact("contact", "c l", True, None), report)[1]
    assert second[0] is level
    assert words in second[1]


def test_what_software_must_not_be_trusted_with_is_said(tmp_path: Path) -> None:
    lock = {"type": "gpio", "chip": "pinctrl-rp1", "line": "GPIO22"}
    maglock = found(config(tmp_path, lock=lock, lock_kind="maglock"))
    assert any("has to lose its power" in sentence for _, sentence in maglock)
    blind = found(config(tmp_path, contact=None, lock=lock))
    assert any("There is no contact" in sentence for _, sentence in blind)


def test_a_posture_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "doorway.json").write_text("{")
    assert found(config(tmp_path))[-1][0] is Level.FAILURE


def test_where_no_door_runs_nobody_is_asked(tmp_path: Path) -> None:
    assert running_doorway(tmp_path / "door.sock") is None
