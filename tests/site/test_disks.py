"""The disk of the hub, or of a door, is full, and then no longer."""

from pathlib import Path

import pytest

from accessctl.audit.log import EventLog
from accessctl.config import HubConfig
from accessctl.domain import Event, EventKind
from accessctl.errors import FaultError, HubError, StoreError
from accessctl.hub.assembly import open_hub
from accessctl.hub.cluster import free_port
from accessctl.hub.verify import verify_site
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.outbox import kept_receipt
from tests.faults.small_disk import SmallDisk
from tests.hub.conftest import JoinedTestDoor, serving

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


def joined_on(hub, url: str, folder: Path, log_file: Path) -> JoinedTestDoor:
    code = hub.doors.invite("front").code
    member = join(url, fingerprint_in(hub.authority.fingerprint), code, folder)
    return JoinedTestDoor(member, log_file, url)


def test_a_hub_whose_disk_is_full_takes_nothing_and_then_all_of_it(
    small_disk: SmallDisk, tmp_path: Path
) -> None:
    config = HubConfig(folder=small_disk.folder / "hub", host="127.0.0.1", port=free_port())
    with open_hub(config, {}) as hub, serving(hub) as url:
        door = joined_on(hub, url, tmp_path / "sync", tmp_path / "state" / "events.sqlite")
        door.write(20)
        door.send_all()
        small_disk.fill()
        door.write(300)
        with pytest.raises(HubError, match="cannot do that now"):
            door.send_all()
        kept = kept_receipt(door.folder)
        assert kept is not None
        # What it signed for is there, also now.
        assert len(list(hub.records.query())) == kept.number
        small_disk.make_room()
        door.send_all()
        assert sorted(one.number for one in hub.records.query()) == list(range(1, 321))
        assert verify_site(hub.database).is_sound
        assert hub.records.alarms() == []


def write_much(log: EventLog) -> None:
    for _ in range(200):
        log.append(Event(1.0, EventKind.SERVICE, {"state": "tried", "text": "x" * 4000}))


@EMBEDDED
def test_a_door_whose_disk_is_full_sends_again_what_it_has_no_receipt_for(
    hub, url: str, small_disk: SmallDisk
) -> None:
    folder = small_disk.folder
    door = joined_on(hub, url, folder / "sync", folder / "state" / "events.sqlite")
    door.write(300)
    with EventLog(door.log_file) as log:
        small_disk.fill()
        with pytest.raises(StoreError):
            write_much(log)
        with pytest.raises(FaultError):
            door.send_all()
        small_disk.make_room()
    door.write(5)
    door.send_all()
    with EventLog(door.log_file) as log:
        written = [number for number, _ in log.query()]
    assert sorted(one.number for one in hub.records.query()) == written
    assert verify_site(hub.database).is_sound
    assert hub.records.alarms() == []
