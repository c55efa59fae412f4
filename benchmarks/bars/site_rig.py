"""A hub on a database of its own and processes full of doors, on this machine."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from accessctl.config import HubConfig
from accessctl.hub.assembly import open_hub
from accessctl.hub.cluster import PrivateCluster, find_programs, free_port, private_cluster
from benchmarks.bars.processes import Usage, usage_of

PATIENCE_S = 60.0


class DoorProcesses:
    """The doors, dealt out to several processes; each request goes to all of them at once."""

    def __init__(self, processes: list["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def ask(self, do: str, **more: Any) -> list[float]:
        """The seconds that each door took."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            process.stdin.flush()
        times: list[float] = []
        for process in self._processes:
            assert process.stdout is not None
            times += json.loads(process.stdout.readline())["times"]
        return times

    def usage(self) -> Usage:
        return sum((usage_of(process.pid) for process in self._processes), Usage())


@dataclass(frozen=True, slots=True)
class SiteRig:
    """What is measured: the hub's process, PostgreSQL where it is one, and the doors."""

    config: HubConfig
    hub: "subprocess.Popen[bytes]"
    cluster: PrivateCluster | None
    doors: DoorProcesses
    names: list[str]

    def hub_usage(self) -> Usage:
        return usage_of(self.hub.pid)

    def database_usage(self) -> Usage:
        """Of PostgreSQL's processes; an embedded database is within the hub's."""
        pid = None if self.cluster is None else self.cluster.pid
        return Usage() if pid is None else usage_of(pid)


@contextmanager
def site_rig(doors: int, processes: int, *, embedded: bool) -> Iterator[SiteRig]:
    """A hub that runs, and doors that have joined nothing yet; all of it is gone at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="accessctl-site-")))
        cluster = None if embedded else stack.enter_context(_cluster())
        config = _config(folder, cluster)
        url = f"https://{config.host}:{config.port}"
        hub = stack.enter_context(_hub(config, folder))
        names = [f"door-{number:04}" for number in range(doors)]
        parts = [names[at::processes] for at in range(processes)]
        started = [stack.enter_context(_doors(folder, url, part)) for part in parts if part]
        yield SiteRig(config, hub, cluster, DoorProcesses(started), names)


@contextmanager
def _cluster() -> Iterator[PrivateCluster]:
    programs = find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (apt install postgresql); try --embedded.")
    with (
        tempfile.TemporaryDirectory(prefix="accessctl-pg-") as name,
        private_cluster(Path(name), programs, durable=True) as cluster,
    ):
        yield cluster


def _config(folder: Path, cluster: PrivateCluster | None) -> HubConfig:
    file = None
    if cluster is not None:
        file = folder / "database"
        file.touch(0o600)
        file.write_text(f"{cluster.url}/postgres\n", encoding="ascii")
    config = HubConfig(
        folder=folder / "hub", host="127.0.0.1", port=free_port(), database_file=file
    )
    with open_hub(config, {}):
        # Keys and tables are made before anything is measured.
        return config


@contextmanager
def _hub(config: HubConfig, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    told = {"folder": str(config.folder), "host": config.host, "port": config.port}
    if config.database_file is not None:
        told["database_file"] = str(config.database_file)
    file = folder / "hub.yaml"
    file.write_text(yaml.safe_dump({"hub": told}), encoding="utf-8")
    argv = [sys.executable, "-m", "accessctl", "hub", "run", "--config", str(file)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as hub:
        assert hub.stdout is not None
        if not hub.stdout.readline():
            raise SystemExit(f"The hub does not start: {' '.join(argv)}")
        try:
            yield hub
        finally:
            hub.terminate()
            hub.wait(PATIENCE_S)


@contextmanager
def _doors(folder: Path, url: str, names: list[str]) -> Iterator["subprocess.Popen[str]"]:
    argv = [sys.executable, "-m", "benchmarks.bars.site_doors", str(folder), url, *names]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Seconds of the block, in the list once it is left."""
    told: list[float] = []
    begun = time.perf_counter()
    yield told
    told.append(time.perf_counter() - begun)
