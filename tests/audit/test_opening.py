from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.opening import open_log, open_log_to_check
from accessctl.config import AuditConfig
from accessctl.domain import Event

MakeEvent = Callable[..., Event]


@pytest.fixture
def config(path: Path) -> AuditConfig:
    return AuditConfig(file=path)


def test_writers_share_key_and_head(config: AuditConfig, event: MakeEvent) -> None:
    for turn in range(2):
        with open_log(config, {}) as log:
            log.append(event(turn=turn))
    with open_log_to_check(config, {}) as log:
        report = log.verify()
    assert (report.records, report.covered, report.alarm) == (2, 2, False)
    names = {file.name for file in config.file.parent.iterdir()}
    assert {"events.sqlite", "events.sqlite.head", "events.sqlite.key"} <= names


def test_head_and_key_may_lie_elsewhere(
    tmp_path: Path, config: AuditConfig, event: MakeEvent
) -> None:
    places = {"head": tmp_path / "a" / "head", "key": tmp_path / "b" / "key"}
    with open_log(config.model_copy(update=places), {}) as log:
        log.append(event())
    assert all(place.exists() for place in places.values())


def test_checking_makes_neither_key_nor_head(config: AuditConfig, event: MakeEvent) -> None:
    with open_log_to_check(config, {}) as log:
        log.append(event())
        assert log.verify().covered is None
    assert not config.file.with_name("events.sqlite.key").exists()


def test_another_key_does_not_vouch(config: AuditConfig, event: MakeEvent) -> None:
    with open_log(config, {}) as log:
        log.append(event())
    key = config.file.with_name("events.sqlite.key")
    key.unlink()
    with open_log(config, {}) as log:
        assert log.verify().alarm
