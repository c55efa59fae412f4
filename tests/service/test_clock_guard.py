from pathlib import Path

import pytest

from accessctl.audit.opening import open_log
from accessctl.clock import Clocks, Uptime
from accessctl.config import AuditConfig
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError
from accessctl.service.clock_guard import ClockGuard, check_clock_doubt, clock_of


def test_it_looks_when_that_is_due_and_says_a_jump_once(caplog: pytest.LogCaptureFixture) -> None:
    now, looks, doubt = [0.0], [0], [None]

    def look() -> float | None:
        looks[0] += 1
        return doubt[0]

    guard = ClockGuard(look, every_s=10, clock=lambda: now[0])
    for moment, seen in ((0.0, None), (5.0, 99.0), (10.0, 86400.0), (20.0, 86400.0), (30.0, None)):
        now[0], doubt[0] = moment, seen
        guard.turn()
        assert guard.doubt_s == (None if moment == 5.0 else seen)
    assert looks[0] == 4
    assert [record.levelname for record in caplog.records if "jumped" in record.message] == [
        "WARNING"
    ]


def test_a_log_that_fails_does_not_end_the_loop_and_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> float | None:
        raise StoreError("The disk is full.")

    guard = ClockGuard(fail, every_s=0)
    for _ in range(3):
        guard.turn()
    assert guard.doubt_s is None
    assert len(caplog.records) == 1


def test_doctor_sees_a_doubt_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = AuditConfig(file=tmp_path / "events.sqlite")
    assert list(check_clock_doubt(config, {})) == []
    ahead = Clocks(lambda: 4e9, lambda: Uptime("b", 1.0), lambda: False)
    with open_log(config, {}, clocks=ahead) as log:
        log.append(Event(4e9, EventKind.SERVICE, {"state": "started"}))
    (finding,) = check_clock_doubt(config, {})
    assert "jumped back" in finding.sentence
    assert "accessctl clock confirm" in finding.sentence
    with open_log(config, {}, clocks=ahead) as log:
        assert len(list(log.query())) == 1


def test_status_says_how_far() -> None:
    assert clock_of(None) == {"believed": True, "jumped_s": None}
    assert clock_of(86400.04) == {"believed": False, "jumped_s": 86400.0}
