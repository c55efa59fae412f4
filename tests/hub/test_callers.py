import asyncio
import threading
from collections.abc import Collection

import pytest

from accessctl.errors import StoreError
from accessctl.hub.assembly import Hub
from accessctl.hub.callers import Admission
from accessctl.hub.doors import lock_joined
from tests.hub.full_threads import threads_full
from tests.patience import PATIENCE_S


class Doors:
    """Knows the door of each serial that begins with a d; a look lasts until `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.looks: list[list[str]] = []
        self.fault: Exception | None = None

    def admit_all(self, serials: Collection[str]) -> dict[str, str]:
        self.looks.append(sorted(serials))
        assert self.go.wait(PATIENCE_S)
        if self.fault is not None:
            raise self.fault
        return {serial: f"door {serial}" for serial in serials if serial.startswith("d")}


def test_all_who_ask_while_one_is_looked_up_are_looked_up_together() -> None:
    async def asking() -> None:
        doors = Doors()
        admission = Admission(doors)
        first = asyncio.create_task(admission.door_of("d1"))
        while not doors.looks:
            await asyncio.sleep(0)
        others = [asyncio.create_task(admission.door_of(one)) for one in ("d2", "x", "d2", "d3")]
        await asyncio.sleep(0)
        others[-1].cancel()
        doors.go.set()
        found = await asyncio.gather(first, *others[:-1])
        assert found == ["door d1", "door d2", None, "door d2"]
        # Whoever comes later is not answered from before.
        assert await admission.door_of("d1") == "door d1"
        assert doors.looks == [["d1"], ["d2", "d3", "x"], ["d1"]]

    asyncio.run(asking())


def test_doors_are_admitted_while_all_waits_are_at_the_database() -> None:
    async def asking() -> None:
        doors = Doors()
        doors.go.set()
        async with threads_full():
            assert await Admission(doors).door_of("d1") == "door d1"

    asyncio.run(asking())


def test_where_the_database_fails_all_hear_it_and_the_next_one_asks_again() -> None:
    async def asking() -> None:
        doors = Doors()
        doors.go.set()
        doors.fault = StoreError("It is away.")
        admission = Admission(doors)
        faults = await asyncio.gather(
            admission.door_of("d1"), admission.door_of("d2"), return_exceptions=True
        )
        assert [type(one) for one in faults] == [StoreError, StoreError]
        doors.fault = None
        assert await admission.door_of("d1") == "door d1"

    asyncio.run(asking())


def test_of_several_certificates_each_counts_by_itself(hub: Hub, joined) -> None:
    front, back = joined("front"), joined("back")
    serials = [f"{door.member.certificate.serial_number:x}" for door in (front, back)]
    expected = dict(zip(serials, (front.member.door, back.member.door), strict=True))
    assert hub.doors.admit_all([*serials, "ff"]) == expected
    hub.doors.revoke("front")
    assert hub.doors.admit_all(serials) == {serials[1]: back.member.door}


@pytest.mark.parametrize("hub_config", ["postgresql"], indirect=True)
def test_whoever_changes_a_door_keeps_nobody_from_being_admitted(hub: Hub, joined, clock) -> None:
    front = joined("front")
    serial = f"{front.member.certificate.serial_number:x}"
    hub.doors.admit(serial)
    clock.time += 60
    with hub.database.writing() as db:
        lock_joined(db, front.member.door)
        assert hub.doors.admit(serial) == front.member.door
    (door,) = hub.doors.listed()
    assert door.seen < clock.time
    hub.doors.admit(serial)
    (door,) = hub.doors.listed()
    assert door.seen == clock.time
