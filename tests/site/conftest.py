"""PostgreSQL, hub and doors of a whole site, each of which can be killed."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from accessctl.config import HubConfig
from accessctl.hub.assembly import open_hub
from accessctl.hub.cluster import PrivateCluster, free_port, private_cluster
from accessctl.sync.joining import fingerprint_in, join
from tests.faults.small_disk import small_disk
from tests.faults.wire import make_wire
from tests.hub.conftest import (
    clock,
    hub,
    hub_config,
    joined,
    joined_at,
    postgresql,
    serving,
    template,
    unused_config,
    url,
)
from tests.hub.installed import postgresql_programs
from tests.site.processes import DoorProcess, HubProcess

__all__ = [
    "clock",
    "hub",
    "hub_config",
    "joined",
    "joined_at",
    "make_wire",
    "postgresql",
    "small_disk",
    "template",
    "unused_config",
    "url",
]


@pytest.fixture
def cluster() -> Iterator[PrivateCluster]:
    """PostgreSQL of this test alone, which waits for the disk as one that counts does."""
    programs = postgresql_programs()
    with (
        tempfile.TemporaryDirectory(prefix="accessctl-pg-") as name,
        private_cluster(Path(name), programs, durable=True) as made,
    ):
        yield made


@dataclass
class TrialSite:
    """A hub's process, its doors' processes by name, and the PostgreSQL below, where there is
    one."""

    hub: HubProcess
    cluster: PrivateCluster | None
    doors: dict[str, DoorProcess] = field(default_factory=dict)

    def join_doors(self, names: list[str], folder: Path) -> None:
        with open_hub(self.hub.config, {}) as hub, serving(hub) as address:
            right = fingerprint_in(hub.authority.fingerprint)
            for name in names:
                door = DoorProcess(folder / name, address)
                join(address, right, hub.doors.invite(name).code, door.sync_folder)
                self.doors[name] = door


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TrialSite]:
    """One with two doors, nothing of which runs yet but PostgreSQL."""
    made = None
    file = None
    if request.param == "postgresql":
        made = request.getfixturevalue("cluster")
        file = tmp_path / "database"
        file.touch(0o600)
        file.write_text(f"{made.url}/postgres\n")
    config = HubConfig(
        folder=tmp_path / "hub", host="127.0.0.1", port=free_port(), database_file=file
    )
    trial = TrialSite(HubProcess(config, tmp_path), made)
    trial.join_doors(["front", "back"], tmp_path)
    with ExitStack() as stack:
        stack.callback(trial.hub.kill)
        for door in trial.doors.values():
            stack.callback(door.kill)
        yield trial
