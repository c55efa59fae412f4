import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.append import HeadFile
from accessctl.audit.clock_watch import (
    OFF_S,
    STEP_S,
    ClockAnchor,
    confirm_clock,
    jump_in_words,
    jump_s,
    looked,
)
from accessctl.audit.log import EventLog
from accessctl.audit.opening import Forgotten, retain
from accessctl.audit.snapshots import Snapshots
from accessctl.clock import Clocks, Uptime
from accessctl.config import AuditConfig, SnapshotConfig
from accessctl.config.operation import RetentionConfig
from accessctl.domain import Event, EventKind
from accessctl.errors import InputError, StoreError

DAY_S = 86400.0
NOW = 1_800_000_000.0
YEAR_S = 365 * DAY_S

MakeEvent = Callable[..., Event]


@dataclass
class Machine:
    """A machine whose clocks are set by hand."""

    wall: float = NOW
    up: float = 100.0
    boot: str = "first"
    right: bool | None = False

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.wall, lambda: Uptime(self.boot, self.up), lambda: self.right)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds

    def reboot(self, off_s: float) -> None:
        self.wall += off_s
        self.boot, self.up = self.boot + "+", 0.0


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def opened(path: Path, head: HeadFile, machine: Machine) -> Callable[[], EventLog]:
    return lambda: EventLog(path, head=head, clocks=machine.clocks)


def states(log: EventLog) -> list[str]:
    return [str(event.data.get("state", "")) for _, event in log.query()]


def test_a_year_ahead_at_one_start_removes_nothing(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
    machine.reboot(YEAR_S)
    with opened() as log:
        log.append(event(machine.wall))
        with pytest.raises(StoreError, match="jumped ahead by 365 days"):
            log.purge(machine.wall - 30 * DAY_S, machine.wall)
        assert states(log) == ["", "clock_jumped", ""]
        assert log.verify().broken is None


def test_a_log_that_never_knew_its_clock_goes_by_its_newest_record(
    path: Path,
    head: HeadFile,
    opened: Callable[[], EventLog],
    machine: Machine,
    event: MakeEvent,
) -> None:
    with EventLog(path, head=head) as before:
        before.append(event(NOW))
    machine.wait(YEAR_S)
    with opened() as log:
        assert log.clock_doubt_s() == YEAR_S
        assert states(log) == ["", "clock_jumped"]


def test_pictures_and_records_stay_while_the_clock_is_in_doubt(
    path: Path, opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    keep = SnapshotConfig(keep="face", days=30)
    config = AuditConfig(file=path, snapshots=keep, retention=RetentionConfig(days=30))
    Snapshots(path.with_name("snapshots"), b"k" * 32, keep).keep("ab", NOW, b"x")
    with opened() as log:
        log.append(event(NOW))
        machine.wall += YEAR_S
        assert retain(log, config, machine.wall, lambda: None) == Forgotten(0, 0)
        log.confirm_clock()
        assert retain(log, config, machine.wall, lambda: None) == Forgotten(1, 1)
        told = [event.data for _, event in log.query()]
    assert [data["state"] for data in told] == ["clock_jumped", "clock_trusted", "audit_purged"]
    assert told[1]["how"] == "confirmed"


def test_a_clock_that_is_synchronised_later_is_believed_then(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wall += YEAR_S
        assert log.clock_doubt_s() == YEAR_S
        machine.right = True
        assert log.clock_doubt_s() is None
        assert states(log) == ["", "clock_jumped", "clock_trusted"]
        assert log.purge(machine.wall, machine.wall) == 1


def test_the_doubt_outlives_a_restart_a_reboot_and_a_purge_by_size(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wall += YEAR_S
        log.append(event(machine.wall))
        assert log.trim(None, 1.0, machine.wall) == 3
    machine.reboot(5.0)
    with opened() as log:
        assert log.clock_doubt_s() == YEAR_S


def test_a_jump_back_is_on_record_once(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wait(600)
        machine.wall -= YEAR_S
        for _ in range(3):
            machine.wait(10)
            log.append(event(machine.wall))
        told = [dict(event.data) for _, event in log.query() if "state" in event.data]
    assert told == [{"state": "clock_jumped", "by_s": -YEAR_S, "synchronised": False}]


def test_there_and_back_is_as_if_nothing_had_been(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wall += YEAR_S
        assert log.clock_doubt_s() == YEAR_S
        machine.wall -= YEAR_S
        assert log.clock_doubt_s() is None


def test_a_quiet_month_and_a_short_power_cut_are_no_jumps(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wait(30 * DAY_S)
        assert log.clock_doubt_s() is None
        machine.reboot(0.9 * OFF_S)
        log.append(event(machine.wall))
        machine.right = True
        machine.reboot(90 * DAY_S)
        log.append(event(machine.wall))
        assert states(log) == [""] * 3


def test_looking_only_writes_nothing(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wall += YEAR_S
        assert log.clock_doubt_seen_s() == YEAR_S
        assert states(log) == [""]


def test_a_clock_in_1970_is_written_down_all_the_same(
    opened: Callable[[], EventLog], machine: Machine, event: MakeEvent
) -> None:
    with opened() as log:
        log.append(event(NOW))
        machine.wall = -5.0
        assert log.clock_doubt_s() == pytest.approx(-NOW)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE clock SET wall = 'x'",
        "UPDATE clock SET boot = x'00'",
        "UPDATE clock SET uptime = 'x'",
    ],
)
def test_a_damaged_anchor_falls_back_to_the_newest_record(
    path: Path,
    opened: Callable[[], EventLog],
    machine: Machine,
    event: MakeEvent,
    damage: str,
) -> None:
    with opened() as log:
        log.append(event(NOW))
    with sqlite3.connect(path) as db:
        db.execute(damage)
    db.close()
    machine.wait(YEAR_S)
    with opened() as log:
        assert log.clock_doubt_s() == YEAR_S


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e7),
            st.floats(-1e8, 1e8).filter(lambda jump: abs(jump) > 2 * STEP_S),
        ),
        max_size=8,
    )
)
def test_on_one_boot_the_doubt_is_the_sum_of_the_jumps(jumps: list[tuple[float, float]]) -> None:
    anchor, up, wall, total = ClockAnchor(1e9, Uptime("b", 0.0)), 0.0, 1e9, 0.0
    for waited, jump in jumps:
        up, wall, total = up + waited, wall + waited + jump, total + jump
        anchor = looked(anchor, wall, Uptime("b", up), False).anchor
        if abs(total) > STEP_S + 1e-3:
            assert anchor.doubt_s == pytest.approx(total, abs=1e-3)
        if anchor.doubt_s is None:
            # Back where it began, but for less than a step.
            total = 0.0


@given(st.floats(0, 1e7), st.floats(-STEP_S / 2, STEP_S / 2))
def test_what_a_time_server_corrects_is_no_jump(waited: float, slip: float) -> None:
    known = ClockAnchor(1e9, Uptime("b", 0.0))
    assert jump_s(known, 1e9 + waited + slip, Uptime("b", waited), False) == 0


@pytest.mark.parametrize(
    ("by_s", "words"),
    [(YEAR_S, "ahead by 365 days"), (-7200.0, "back by 2 hours"), (180.0, "ahead by 3 minutes")],
)
def test_a_jump_in_words(by_s: float, words: str) -> None:
    assert jump_in_words(by_s) == f"jumped {words}, and nothing says that it is right"


# Late in the evening in London, the next day in Tokyo.
LATE_EVENING = datetime(2026, 11, 29, 23, 0, tzinfo=UTC).timestamp()


def test_the_owner_says_which_day_it_is(tmp_path: Path) -> None:
    wall = [LATE_EVENING - 1e7]
    clocks = Clocks(lambda: wall[0], lambda: Uptime("b", 1.0), lambda: False)
    with EventLog(tmp_path / "events.sqlite", clocks=clocks) as log:
        log.append(Event(wall[0], EventKind.SERVICE, {"state": "started"}))
        wall[0] = LATE_EVENING
        assert log.clock_doubt_s() == 1e7
        for wrong in ("2025-11-29", "2026-11-29", "today", ""):
            with pytest.raises(InputError):
                confirm_clock(log, wrong, LATE_EVENING, ZoneInfo("Asia/Tokyo"))
        assert log.clock_doubt_s() == 1e7
        said = confirm_clock(log, "2026-11-30", LATE_EVENING, ZoneInfo("Asia/Tokyo"))
        assert said == date(2026, 11, 30)
        assert log.clock_doubt_s() is None
