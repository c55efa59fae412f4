import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from accessctl.audit.head import HeadFile
from accessctl.audit.log import EventLog
from accessctl.audit.retention import DAY_S
from accessctl.config import AuditConfig
from accessctl.config_retention import RetentionConfig
from accessctl.domain import Event, EventKind
from accessctl.door import housekeeping as module
from accessctl.door.housekeeping import housekeeping
from accessctl.errors import StoreError

NOW = 1000 * DAY_S


@pytest.fixture
def events(tmp_path: Path):
    head = HeadFile(tmp_path / "head", b"k" * 32)
    with EventLog(tmp_path / "events.sqlite", head=head) as log:
        yield log


@pytest.fixture
def config(tmp_path: Path) -> AuditConfig:
    return AuditConfig(file=tmp_path / "events.sqlite", retention=RetentionConfig(days=10))


def test_it_is_applied_at_the_start_and_again_and_again(
    events: EventLog, config: AuditConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.append(Event(NOW - 11 * DAY_S, EventKind.SERVICE, {}))
    events.append(Event(NOW - 9 * DAY_S, EventKind.SERVICE, {}))
    done = threading.Semaphore(0)
    days = count(0.0, 2.0)
    real = module.retain

    def counted(*args: Any) -> None:
        real(*args)
        done.release()

    monkeypatch.setattr(module, "retain", counted)
    with housekeeping(events, config, lambda: NOW + next(days) * DAY_S, every_s=0.001):
        assert done.acquire(timeout=30)
        assert done.acquire(timeout=30)
    told = [event.data for _, event in events.query() if "through" in event.data]
    assert [data["through"] for data in told][:2] == [1, 2]


def test_a_fault_is_logged_and_tried_again(
    events: EventLog,
    config: AuditConfig,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = threading.Semaphore(0)

    def fail(*_: object) -> None:
        tried.release()
        raise StoreError("The event log is broken at record 3.")

    monkeypatch.setattr(module, "retain", fail)
    with housekeeping(events, config, lambda: NOW, every_s=0.001):
        assert tried.acquire(timeout=30)
        assert tried.acquire(timeout=30)
    assert "stay for now: The event log is broken at record 3." in caplog.text


def test_a_door_that_closes_does_not_wait_for_a_long_purge(
    events: EventLog, config: AuditConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = threading.Event()

    def endless(*args: object) -> None:
        pause = args[3]
        while True:
            working.set()
            pause()

    monkeypatch.setattr(module, "retain", endless)
    with housekeeping(events, config, lambda: NOW):
        assert working.wait(30)
    assert "housekeeping" not in {thread.name for thread in threading.enumerate()}
