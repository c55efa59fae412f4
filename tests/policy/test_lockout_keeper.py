import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.config import LockoutConfig
from accessctl.domain import Outcome, Reason
from accessctl.policy.evidence import Verdict
from accessctl.policy.lockout import Lockout, Uptime
from accessctl.policy.lockout_keeper import LockoutKeeper
from accessctl.policy.lockout_store import LockoutStore

STRANGER = Verdict(Outcome.UNKNOWN, Reason.NO_MATCH, None)
GRANT = Verdict(Outcome.GRANTED, Reason.MATCHED, None)


class Machine:
    """Its uptime, set by hand."""

    def __init__(self) -> None:
        self.now = Uptime("a", 0.0)

    def __call__(self) -> Uptime:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lockout.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[LockoutStore]:
    with LockoutStore(path, busy_timeout_s=0.05) as opened:
        yield opened


@pytest.fixture
def machine() -> Machine:
    return Machine()


def keeper(store: LockoutStore, machine: Machine) -> LockoutKeeper:
    return LockoutKeeper(store, "front", LockoutConfig(), machine)


def test_a_restart_of_the_process_changes_nothing(store: LockoutStore, machine: Machine) -> None:
    first = keeper(store, machine)
    for _ in range(5):
        first.note(STRANGER)
    machine.now = Uptime("a", 10.0)
    assert first.remaining_s() == 20
    assert keeper(store, machine).remaining_s() == 20


def test_a_restart_of_the_machine_begins_it_anew_once(
    store: LockoutStore, machine: Machine
) -> None:
    first = keeper(store, machine)
    for _ in range(5):
        first.note(STRANGER)
    machine.now = Uptime("b", 100.0)
    assert keeper(store, machine).remaining_s() == 30
    machine.now = Uptime("b", 120.0)
    assert keeper(store, machine).remaining_s() == 10


def test_unlocking_elsewhere_is_seen_at_once(store: LockoutStore, machine: Machine) -> None:
    door = keeper(store, machine)
    for _ in range(5):
        door.note(STRANGER)
    store.change("front", lambda _: Lockout())
    assert door.remaining_s() == 0


def test_a_disk_that_fails_does_not_unlock(
    path: Path, store: LockoutStore, machine: Machine
) -> None:
    door = keeper(store, machine)
    for _ in range(3):
        door.note(STRANGER)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    for _ in range(2):
        door.note(STRANGER)
    assert door.remaining_s() == 30
    blocker.execute("ROLLBACK")
    blocker.close()
    # Not yet written: what is on disk is older and must not count.
    assert door.remaining_s() == 30
    machine.now = Uptime("a", 31.0)
    door.note(STRANGER)
    assert store.read("front").refused == 6
    door.note(GRANT)
    assert store.read("front") == Lockout()


def test_other_rules_count_on_from_what_was_counted(store: LockoutStore, machine: Machine) -> None:
    door = keeper(store, machine)
    for _ in range(2):
        door.note(STRANGER)
    assert door.remaining_s() == 0
    door.reconfigure(LockoutConfig(attempts=3, first_s=10))
    assert door.remaining_s() == 0
    # The third in a row, by the new rules.
    door.note(STRANGER)
    assert door.remaining_s() == 10
