"""Lockouts that are ended at the door, on record."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from accessctl.administration.changes import EndedLockouts, end_lockout, end_person_lockout
from accessctl.audit.base import MemoryLog
from accessctl.clock import Uptime
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore

LOCKED = Lockout(7, Uptime("boot", 12.5), 30.0)
TOLD = Event(
    5.0, EventKind.SERVICE, {"state": "face_unlocked", "door": "front", "refused": 7.0, "people": 1}
)


def clock() -> float:
    return 5.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LockoutStore]:
    with LockoutStore(tmp_path / "lockout.sqlite") as opened:
        opened.change("front", lambda _: LOCKED)
        opened.change("back", lambda _: LOCKED)
        for door in ("front", "back"):
            opened.change_both(door, PersonId("ada"), lambda kept: replace(kept, person=LOCKED))
        yield opened


def events(audit: MemoryLog) -> list[Event]:
    return [event for _, event in audit.query()]


def test_a_lockout_is_ended_at_one_door_and_told(store: LockoutStore) -> None:
    audit = MemoryLog()
    assert end_lockout(store, "front", audit, clock) == EndedLockouts(LOCKED, 1)
    assert (store.people("front"), list(store.people("back"))) == ({}, ["ada"])
    assert (store.read("front"), store.read("back")) == (Lockout(), LOCKED)
    assert events(audit) == [TOLD]


def test_one_persons_lockout_is_ended_and_nobody_elses(store: LockoutStore) -> None:
    ada, eve = PersonId("ada"), PersonId("eve")
    store.change_both("front", eve, lambda kept: replace(kept, person=LOCKED))
    audit = MemoryLog()
    assert end_person_lockout(store, "front", ada, audit, clock) == LOCKED
    assert store.people("front") == {eve: LOCKED}
    assert (store.read("front"), store.people("back")) == (LOCKED, {ada: LOCKED})
    more = {"change": "face_unlocked", "door": "front", "refused": 7.0}
    assert events(audit) == [Event(5.0, EventKind.PERSON, more, ada)]
    assert end_person_lockout(store, "front", ada, audit, clock) == Lockout()
    assert len(events(audit)) == 1


def test_without_its_record_one_persons_lockout_goes_on(store: LockoutStore) -> None:
    audit = MemoryLog()
    audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        end_person_lockout(store, "front", PersonId("ada"), audit, clock)
    assert store.people("front") == {"ada": LOCKED}


def test_where_nobody_was_refused_nothing_is_told(store: LockoutStore) -> None:
    audit = MemoryLog()
    assert end_lockout(store, "side", audit, clock) == EndedLockouts(Lockout(), 0)
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
