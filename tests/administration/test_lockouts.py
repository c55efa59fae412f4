from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from accessctl.administration.lockouts import end_lockout
from accessctl.audit.base import MemoryLog
from accessctl.domain import Event, EventKind
from accessctl.errors import StoreError
from accessctl.policy.lockout import Lockout, Uptime
from accessctl.policy.lockout_store import LockoutStore

LOCKED = Lockout(7, Uptime("boot", 12.5), 30.0)
TOLD = Event(5.0, EventKind.SERVICE, {"state": "face_unlocked", "door": "front", "refused": 7})


def clock() -> float:
    return 5.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LockoutStore]:
    with LockoutStore(tmp_path / "lockout.sqlite") as opened:
        opened.change("front", lambda _: LOCKED)
        opened.change("back", lambda _: LOCKED)
        yield opened


def events(audit: MemoryLog) -> list[Event]:
    return [event for _, event in audit.query()]


def test_a_lockout_is_ended_at_one_door_and_told(store: LockoutStore) -> None:
    audit = MemoryLog()
    assert end_lockout(store, "front", audit, clock) == LOCKED
    assert (store.read("front"), store.read("back")) == (Lockout(), LOCKED)
    assert events(audit) == [TOLD]


def test_where_nobody_was_refused_nothing_is_told(store: LockoutStore) -> None:
    audit = MemoryLog()
    assert end_lockout(store, "side", audit, clock) == Lockout()
    assert events(audit) == []


def test_without_its_record_it_goes_on(store: LockoutStore) -> None:
    audit = MemoryLog()
    audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        end_lockout(store, "front", audit, clock)
    assert store.read("front") == LOCKED


def test_no_attempt_is_forgotten_that_the_record_does_not_count(
    tmp_path: Path, store: LockoutStore
) -> None:
    """A door that refuses somebody just then has to wait until the lockout is ended."""

    class Meanwhile(MemoryLog):
        def append(self, event: Event) -> int:
            assert door.read("front") == LOCKED
            with pytest.raises(StoreError, match="locked"):
                door.change("front", refuse)
            return super().append(event)

    def refuse(kept: Lockout) -> Lockout:
        return replace(kept, refused=kept.refused + 1)

    audit = Meanwhile()
    with LockoutStore(tmp_path / "lockout.sqlite", busy_timeout_s=0.05) as door:
        end_lockout(store, "front", audit, clock)
        assert door.change("front", refuse) == Lockout(1)
    assert events(audit) == [TOLD]
