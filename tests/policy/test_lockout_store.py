import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.domain import Outcome, PersonId, Reason
from accessctl.errors import StoreError
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore

LOCKED = Lockout(7, Uptime("boot", 12.5), 30.0)

KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from accessctl.policy.lockout_store import LockoutStore
store = LockoutStore(Path(sys.argv[1]))
for _ in range(3):
    store.change("front", lambda state: replace(state, refused=state.refused + 1))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lockout.sqlite"


def test_a_new_file_locks_nothing_and_is_private(path: Path) -> None:
    with LockoutStore(path) as store:
        assert store.read("front") == Lockout()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_read_by_the_next_process(path: Path) -> None:
    off = Lockout(50, off=True)
    with LockoutStore(path) as store:
        assert store.change("front", lambda _: LOCKED) == LOCKED
        store.change("back", lambda _: off)
    with LockoutStore(path) as store:
        assert store.read("front") == LOCKED
        assert store.read("back") == off


def test_a_killed_process_has_lost_nothing(path: Path) -> None:
    for _ in range(2):
        subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    with LockoutStore(path) as store:
        assert store.read("front").refused == 6


def test_two_openers_count_together(path: Path) -> None:
    with LockoutStore(path) as one, LockoutStore(path) as other:
        for store in (one, other, one):
            store.change("front", lambda state: replace(state, refused=state.refused + 1))
        assert other.read("front").refused == 3


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE song (title)")
    db.close()
    with pytest.raises(StoreError, match="another program's"):
        LockoutStore(path)


def test_a_damaged_file_is_one_sentence(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be read or written"):
        LockoutStore(path)


def test_a_change_that_fails_leaves_the_state(path: Path) -> None:
    def fail(_: Lockout) -> Lockout:
        raise RuntimeError

    with LockoutStore(path) as store:
        store.change("front", lambda _: LOCKED)
        with pytest.raises(RuntimeError):
            store.change("front", fail)
        assert store.change("front", lambda state: state) == LOCKED


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE refused SET refused = -1",
        "UPDATE refused SET lasts_s = -1.0",
        "UPDATE refused SET seconds = NULL",
        "UPDATE refused SET boot = NULL",
    ],
)
def test_a_row_that_no_door_writes_is_damage(path: Path, damage: str) -> None:
    with LockoutStore(path) as store:
        store.change("front", lambda _: LOCKED)
        db = sqlite3.connect(path)
        db.execute(damage)
        db.commit()
        db.close()
        with pytest.raises(StoreError, match="are damaged; move the file away"):
            store.read("front")


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_damaged_bytes_are_read_or_refused_with_a_sentence(
    path: Path, changes: list[tuple[int, int]]
) -> None:
    path.unlink(missing_ok=True)
    with LockoutStore(path) as store:
        store.change("front", lambda _: LOCKED)
    content = bytearray(path.read_bytes())
    # What is zero says little: most of a small database is.
    telling = [place for place, value in enumerate(content) if value]
    for place, value in changes:
        content[telling[place % len(telling)]] = value
    path.write_bytes(content)
    try:
        with LockoutStore(path) as store:
            found = store.read("front")
            raised = store.change("front", lambda state: replace(state, refused=state.refused + 1))
    except StoreError as error:
        assert str(error).isprintable()  # noqa: PT017 - whether it is refused is free
    else:
        assert raised.refused == found.refused + 1 > 0
        assert found.lasts_s >= 0


ADA = PersonId("ada")
ATTACK = Verdict(Outcome.DENIED, Reason.NOT_LIVE, None)
STRANGER = Verdict(Outcome.UNKNOWN, Reason.NO_MATCH, None)
GRANT = Verdict(Outcome.GRANTED, Reason.MATCHED, None)


class Machine:
    """Its uptime, set by hand."""

    def __init__(self) -> None:
        self.now = Uptime("a", 0.0)

    def __call__(self) -> Uptime:
        return self.now


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    return tmp_path / "lockout.sqlite"


@pytest.fixture
def store(bare_path: Path) -> Iterator[LockoutStore]:
    with LockoutStore(bare_path, busy_timeout_s=0.05) as opened:
        yield opened


@pytest.fixture
def machine() -> Machine:
    return Machine()


def keeper(store: LockoutStore, machine: Machine) -> LockoutKeeper:
    return LockoutKeeper(store, "front", LockoutConfig(), machine)


def test_a_restart_of_the_process_changes_nothing(store: LockoutStore, machine: Machine) -> None:
    first = keeper(store, machine)
    for _ in range(5):
        first.note(ATTACK, ADA)
    machine.now = Uptime("a", 10.0)
    assert first.remaining_s(ADA) == 20
    assert keeper(store, machine).remaining_s(ADA) == 20


def test_a_restart_of_the_machine_begins_it_anew_once(
    store: LockoutStore, machine: Machine
) -> None:
    first = keeper(store, machine)
    for _ in range(5):
        first.note(ATTACK, ADA)
    machine.now = Uptime("b", 100.0)
    assert keeper(store, machine).remaining_s(ADA) == 30
    machine.now = Uptime("b", 120.0)
    assert keeper(store, machine).remaining_s(ADA) == 10


def test_unlocking_elsewhere_is_seen_at_once(store: LockoutStore, machine: Machine) -> None:
    door = keeper(store, machine)
    for _ in range(5):
        door.note(ATTACK, ADA)
    store.clear("front", lambda _door, _people: None)
    assert door.remaining_s(ADA) == 0


def test_a_disk_that_fails_does_not_unlock(
    bare_path: Path, store: LockoutStore, machine: Machine
) -> None:
    door = keeper(store, machine)
    for _ in range(3):
        door.note(ATTACK, ADA)
    blocker = sqlite3.connect(bare_path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    for _ in range(2):
        door.note(ATTACK, ADA)
    assert door.remaining_s(ADA) == 30
    blocker.execute("ROLLBACK")
    blocker.close()
    # Not yet written: what is on disk is older and must not count.
    assert door.remaining_s(ADA) == 30
    machine.now = Uptime("a", 31.0)
    door.note(ATTACK, ADA)
    assert store.people("front")[ADA].refused == 6
    assert store.read("front").refused == pytest.approx(5 - 31 / 300)
    door.note(GRANT, ADA)
    assert store.people("front") == {}


def test_other_rules_count_on_from_what_was_counted(store: LockoutStore, machine: Machine) -> None:
    door = keeper(store, machine)
    for _ in range(2):
        door.note(ATTACK, ADA)
    assert door.remaining_s(ADA) == 0
    door.reconfigure(LockoutConfig(attempts=3, first_s=10))
    assert door.remaining_s(ADA) == 0
    # The third in a row, by the new rules.
    door.note(ATTACK, ADA)
    assert door.remaining_s(ADA) == 10


def test_what_could_not_be_written_is_written_when_somebody_else_comes(
    bare_path: Path, store: LockoutStore, machine: Machine
) -> None:
    door = keeper(store, machine)
    blocker = sqlite3.connect(bare_path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    for _ in range(5):
        door.note(ATTACK, ADA)
    blocker.execute("ROLLBACK")
    blocker.close()
    door.note(STRANGER, None)
    assert store.people("front")[ADA].refused == 5
    assert store.read("front").refused == 5.25


def test_one_persons_lockout_is_nobody_elses(store: LockoutStore, machine: Machine) -> None:
    door = keeper(store, machine)
    for _ in range(5):
        door.note(ATTACK, ADA)
    assert door.remaining_s(ADA) == 30
    assert (door.remaining_s(), door.remaining_s(PersonId("bob"))) == (0, 0)


def test_a_lockout_of_an_older_release_goes_on(path: Path) -> None:
    path.parent.mkdir()
    path.touch(mode=0o600)
    db = sqlite3.connect(path)
    db.execute("PRAGMA application_id = 1633905771")
    db.execute(
        "CREATE TABLE lockout (door TEXT PRIMARY KEY, refused INTEGER NOT NULL, boot TEXT, "
        "seconds REAL, lasts_s REAL NOT NULL, off INTEGER NOT NULL) STRICT"
    )
    rows = [
        ("a", 5, "boot", 12.5, 30.0, 0),
        ("b", 50, None, None, 0.0, 1),
        ("c", 3, None, None, 0, 0),
    ]
    db.executemany("INSERT INTO lockout VALUES (?, ?, ?, ?, ?, ?)", rows)
    db.commit()
    db.close()
    for _ in range(2):
        with LockoutStore(path) as store:
            assert store.read("a") == Lockout(0, Uptime("boot", 12.5), 30.0)
            assert store.read("b") == Lockout(50, off=True)
            assert store.read("c") == Lockout()
