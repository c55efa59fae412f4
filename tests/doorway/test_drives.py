import threading

import pytest

from accessctl.doorway.drives import BesideDrive, DirectDrive, drive_for
from accessctl.doorway.lines import FakeOutput
from accessctl.doorway.values import OutputReport

PATIENCE_S = 30.0


class Reports:
    """What a drive reports, waited for and never slept for."""

    def __init__(self) -> None:
        self.all: list[OutputReport] = []
        self._changed = threading.Condition()

    def __call__(self, report: OutputReport) -> None:
        with self._changed:
            self.all.append(report)
            self._changed.notify_all()

    def until(self, count: int) -> list[OutputReport]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.all) >= count, PATIENCE_S)
            return list(self.all)


def test_a_line_is_driven_at_once_and_once() -> None:
    port, reports = FakeOutput(), Reports()
    drive = DirectDrive("lock", port, reports)
    drive.want(True, 5.0)
    drive.want(True, 7.0)
    drive.want(False, None)
    assert port.told == [(True, None), (False, None)]
    assert [one.ok for one in reports.all] == [True, True]


def test_a_line_that_somebody_else_moved_is_told_of_and_put_right() -> None:
    port, reports = FakeOutput(), Reports()
    drive = DirectDrive("lock", port, reports)
    drive.want(False, None)
    port.on = True
    drive.look(100.0)
    assert port.on is False
    assert [one.ok for one in reports.all] == [True, False, True]


def test_a_line_that_fails_is_reported_and_tried_again() -> None:
    port, reports = FakeOutput(), Reports()
    port.fault = "No such line."
    drive = DirectDrive("lock", port, reports)
    drive.want(True, None)
    drive.look(100.0)
    drive.look(101.0)
    assert next(one.detail for one in reports.all if not one.ok) == "No such line."
    before = len(reports.all)
    port.fault = None
    drive.look(103.0)
    assert len(reports.all) > before
    assert reports.all[-1].ok
    assert port.on is True


def test_a_slow_relay_has_a_thread_and_the_time_that_is_left() -> None:
    port, reports = FakeOutput(immediate=False), Reports()
    drive = BesideDrive("lock", port, reports, lambda: 100.0)
    drive.want(True, 104.0)
    assert reports.until(1)[0].ok
    drive.want(False, None)
    reports.until(2)
    drive.close(None)
    assert port.told == [(True, 4.0), (False, None)]
    assert port.closed


def test_a_slow_relay_never_opens_too_late() -> None:
    port, reports = FakeOutput(immediate=False), Reports()
    drive = BesideDrive("lock", port, reports, lambda: 100.0)
    drive.want(True, 99.0)
    drive.want(False, None)
    reports.until(1)
    drive.close(None)
    assert (True, None) not in port.told
    assert all(not on for on, _ in port.told)


def test_a_slow_relay_that_fails_is_tried_again_until_it_obeys() -> None:
    port, reports = FakeOutput(immediate=False), Reports()
    port.fault = "It gave no answer."
    drive = BesideDrive("lock", port, reports, lambda: 100.0, retry_s=0.01)
    drive.want(False, None)
    assert not reports.until(2)[1].ok
    port.fault = None
    with reports._changed:
        assert reports._changed.wait_for(lambda: reports.all[-1].ok, PATIENCE_S)
    drive.close(None)
    assert port.on is False


def test_a_slow_relay_that_somebody_else_switched_is_told_of_and_put_right() -> None:
    port, reports = FakeOutput(immediate=False), Reports()
    drive = BesideDrive("lock", port, reports, lambda: 100.0, check_s=0.01)
    drive.want(False, None)
    reports.until(1)
    port.on = True
    assert [one.ok for one in reports.until(3)[:3]] == [True, False, True]
    drive.close(None)
    assert port.on is False


def test_at_the_end_a_relay_is_left_as_it_is_said() -> None:
    for immediate in (True, False):
        port, reports = FakeOutput(immediate=immediate), Reports()
        drive = drive_for("lock", port, reports)
        drive.want(True, None)
        reports.until(1)
        drive.close(False)
        assert port.on is False
        assert port.closed


def test_no_fault_ends_a_slow_relays_thread(caplog: pytest.LogCaptureFixture) -> None:
    port, reports = FakeOutput(immediate=False), Reports()
    drive, faults = port.drive, [RuntimeError("of no kind that is foreseen")]

    def once(on: bool, for_s: float | None) -> None:
        if faults:
            raise faults.pop()
        drive(on, for_s)

    port.drive = once  # type: ignore[method-assign]
    beside = BesideDrive("lock", port, reports, lambda: 0.0, retry_s=0.001)
    beside.want(True, 5.0)
    assert reports.until(1)[-1].ok
    beside.close(None)
    assert port.told == [(True, 5.0)]
    assert "of no kind that is foreseen" in caplog.text
