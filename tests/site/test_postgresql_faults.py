"""PostgreSQL's own disk is full, or the line to it is cut: the hub says so, and goes on later."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from accessctl.config import HubConfig
from accessctl.errors import HubError
from accessctl.hub.answering import DatabasePatience
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.cluster import PrivateCluster, free_port, private_cluster
from accessctl.hub.database import USUAL
from accessctl.hub.verify import verify_site
from accessctl.sync.client import BY_NAME
from accessctl.sync.identity import pinned
from accessctl.sync.joining import fingerprint_in, join
from tests.faults.small_disk import SmallDisk, mounted_disk
from tests.faults.wire import Wire
from tests.hub.conftest import JoinedTestDoor, serving
from tests.hub.installed import postgresql_programs
from tests.patience import wait_for

# A new cluster has 40 MB, its journal 16 MB at least.
CLUSTER_KB = 140_000
PATIENCE_S = 60.0
IMPATIENT = DatabasePatience(silent_s=3.0, ping_s=2.0, connect_s=2, free_s=3.0)


@pytest.fixture
def small_cluster() -> Iterator[tuple[PrivateCluster, SmallDisk]]:
    """PostgreSQL of which all lies on a small disk."""
    programs = postgresql_programs()
    with (
        tempfile.TemporaryDirectory(prefix="accessctl-pg-") as name,
        mounted_disk(Path(name), CLUSTER_KB) as disk,
        private_cluster(Path(name), programs, durable=True) as made,
    ):
        yield made, disk


def config_on(folder: Path, port: int) -> HubConfig:
    file = folder / "database"
    file.touch(0o600)
    file.write_text(f"postgresql://postgres@127.0.0.1:{port}/postgres\n")
    return HubConfig(folder=folder / "hub", host="127.0.0.1", port=free_port(), database_file=file)


def door_of(hub: Hub, url: str, folder: Path) -> JoinedTestDoor:
    code = hub.doors.invite("front").code
    member = join(url, fingerprint_in(hub.authority.fingerprint), code, folder / "sync")
    return JoinedTestDoor(member, folder / "state" / "events.sqlite", url)


def health(hub: Hub, url: str) -> httpx.Response:
    with httpx.Client(verify=pinned(hub.authority.pem), base_url=url, timeout=PATIENCE_S) as asked:
        return asked.get("/healthz", extensions=BY_NAME)


def sends_all(door: JoinedTestDoor) -> bool:
    try:
        door.send_all()
    except HubError:
        return False
    return True


def is_up(cluster: PrivateCluster) -> bool:
    return cluster.pid is not None and Path(f"/proc/{cluster.pid}").exists()


def numbers(hub: Hub) -> list[int]:
    return sorted(one.number for one in hub.records.query())


def test_whose_disk_is_full_takes_nothing_loses_nothing_and_goes_on(
    small_cluster: tuple[PrivateCluster, SmallDisk], tmp_path: Path
) -> None:
    cluster, disk = small_cluster
    with open_hub(config_on(tmp_path, cluster.port), {}) as hub, serving(hub) as url:
        door = door_of(hub, url, tmp_path)
        door.write(20)
        door.send_all()
        disk.fill()
        written = 20
        # Its journal has some room of its own, which is full at some time as well.
        refused = ""
        while not refused and written < 40_000:
            door.write(400)
            written += 400
            try:
                door.send_all()
            except HubError as error:
                refused = str(error)
        assert "cannot do that now" in refused
        disk.make_room()
        # Where its journal could not be written it has ended, as it does, and is started again.
        if not is_up(cluster):
            cluster.start()
        wait_for(lambda: sends_all(door), "the records at the hub", PATIENCE_S)
        assert numbers(hub) == list(range(1, written + 1))
        assert health(hub, url).status_code == 200
        assert verify_site(hub.database).is_sound
        assert hub.records.alarms() == []


@contextmanager
def hub_by(
    wire: Wire, tmp_path: Path, patience: DatabasePatience = USUAL
) -> Iterator[tuple[Hub, str, JoinedTestDoor]]:
    """A hub whose database is at the end of that line, its URL, and a door of which it has 20
    records; 20 more have not been sent."""
    with (
        open_hub(config_on(tmp_path, wire.port), {}, patience=patience) as hub,
        serving(hub) as url,
    ):
        door = door_of(hub, url, tmp_path)
        door.write(20)
        door.send_all()
        door.write(20)
        yield hub, url, door


@pytest.mark.parametrize("state", ["cut", "reset"])
def test_a_line_to_it_that_is_cut_and_whole_again(
    cluster: PrivateCluster, make_wire: Callable[[int], Wire], tmp_path: Path, state: str
) -> None:
    wire = make_wire(cluster.port)
    with hub_by(wire, tmp_path) as (hub, url, door):
        wire.become(state)
        with pytest.raises(HubError, match="cannot do that now"):
            door.send_all()
        said = health(hub, url)
        assert (said.status_code, "try again" in said.json()["problem"].lower()) == (503, True)
        assert said.headers["retry-after"] == "2"
        wire.become("whole")
        wait_for(lambda: sends_all(door), "the records at the hub", PATIENCE_S)
        assert numbers(hub) == list(range(1, 41))
        assert verify_site(hub.database).is_sound


def test_a_line_to_it_that_is_half_open_is_said_soon_and_found_again(
    cluster: PrivateCluster,
    make_wire: Callable[[int], Wire],
    tmp_path: Path,
) -> None:
    """All is taken and nothing answered: as a server that is frozen, or a gateway between."""
    wire = make_wire(cluster.port)
    with hub_by(wire, tmp_path, IMPATIENT) as (hub, url, door):
        wire.become("silent")
        # A door's request fails, and is no reason for others to wait longer.
        with pytest.raises(HubError, match="cannot do that now"):
            door.send_all()
        with ThreadPoolExecutor(60) as pool:
            asked = [pool.submit(sends_all, door) for _ in range(50)]
            began = time.monotonic()
            said = health(hub, url)
            took_s = time.monotonic() - began
            assert not any(one.result(PATIENCE_S) for one in asked)
        assert (said.status_code, "try again" in said.json()["problem"].lower()) == (503, True)
        # It looks for a connection for 3 s at most, and asks for 2 s; then the machine is slow.
        assert took_s < 15
        wire.become("whole")
        wait_for(lambda: sends_all(door), "the records at the hub", PATIENCE_S)
        assert health(hub, url).status_code == 200
        assert numbers(hub) == list(range(1, 41))
        # Doors that wait are woken again, too.
        before = hub.waking.newest.seq
        hub.site.set_rules({}, "operator")
        wait_for(lambda: hub.waking.newest.seq > before, "a look", PATIENCE_S)
        assert verify_site(hub.database).is_sound
