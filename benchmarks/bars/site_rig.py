"""A hub on a database of its own and processes full of doors, on this machine.

What the doors keep lies in memory where there is such a place: a thousand doors have a thousand
disks, and this machine has one. The hub's files and PostgreSQL's lie on that one.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from accessctl.config import HubConfig
from accessctl.hub.assembly import open_hub
from accessctl.hub.cluster import PrivateCluster, find_programs, free_port, private_cluster
from benchmarks.bars.processes import Usage, usage_of
from benchmarks.bars.site_doors import ALONE

PATIENCE_S = 60.0
WATCH_S = 60.0
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
LOOPBACK = Path("/sys/class/net/lo/statistics/tx_bytes")
GB = 1 << 30


class DoorProcesses:
    """The doors, dealt out to several processes; each request goes to all of them at once."""

    def __init__(self, processes: Sequence["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def ask(self, do: str, **more: Any) -> list[float]:
        """The seconds that each door took."""
        return self.told(do, **more)["times"]

    def told(self, do: str, **more: Any) -> Mapping[str, list[float]]:
        """All that they answer, of all doors; see site_doors."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            process.stdin.flush()
        told: dict[str, list[float]] = {"times": []}
        for process in self._processes:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise SystemExit("A process full of doors has ended; its own words are above.")
            for word, values in json.loads(line).items():
                told.setdefault(word, []).extend(values)
        return told

    @property
    def count(self) -> int:
        return len(self._processes)

    def usage(self) -> Usage:
        return sum((usage_of(process.pid) for process in self._processes), Usage())

    def kill(self) -> None:
        for process in self._processes:
            process.kill()


@dataclass(frozen=True, slots=True)
class SiteRig:
    """What is measured: the hub's process, PostgreSQL where it is one, and the doors."""

    config: HubConfig
    hub: "subprocess.Popen[bytes]"
    cluster: PrivateCluster | None
    doors: DoorProcesses
    names: list[str]
    folder: Path
    answers: Path
    """When the hub had answered each wait; see site_hub."""

    def hub_usage(self) -> Usage:
        return usage_of(self.hub.pid)

    def database_usage(self) -> Usage:
        """Of PostgreSQL's processes; an embedded database is within the hub's."""
        pid = None if self.cluster is None else self.cluster.pid
        return Usage() if pid is None else usage_of(pid)

    def hub_files(self) -> int:
        """How many files and connections the hub has open."""
        return len(os.listdir(f"/proc/{self.hub.pid}/fd"))

    def hub_threads(self) -> int:
        return len(os.listdir(f"/proc/{self.hub.pid}/task"))

    def memory(self) -> int:
        """Bytes, of all processes and of what the doors keep in memory; shared pages count several
        times."""
        kept = sum(file.stat().st_blocks * 512 for file in self.folder.rglob("*") if file.is_file())
        every = (self.hub_usage(), self.database_usage(), self.doors.usage())
        return sum(one.resident for one in every) + kept


def loopback_bytes() -> int:
    """What was sent to this machine by itself since it was started; PostgreSQL is asked by a file
    system's socket, which is not among it."""
    return int(LOOPBACK.read_text(encoding="ascii"))


@contextmanager
def site_rig(
    doors: int, processes: int, *, embedded: bool, alone: int = 0, most_gb: float = 12.0
) -> Iterator[SiteRig]:
    """A hub that runs, and doors that have joined nothing yet, the last `alone` of them as
    site_doors says; all of it is gone at the end, and at once where it takes more than `most_gb` of
    memory."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="accessctl-site-")))
        shared = MEMORY if os.access(MEMORY, os.W_OK) else None
        homes = tempfile.TemporaryDirectory(prefix="accessctl-doors-", dir=shared)
        kept = Path(stack.enter_context(homes))
        cluster = None if embedded else stack.enter_context(_cluster())
        config = _config(folder, cluster)
        url = f"https://{config.host}:{config.port}"
        answers = folder / "answers"
        hub = stack.enter_context(_hub(config, folder, answers))
        names = [f"door-{number:04}" for number in range(doors)]
        many, few = names[: doors - alone], names[doors - alone :]
        parts = [(many[at::processes], ()) for at in range(processes)]
        started = [
            stack.enter_context(_doors([*how, str(kept), url, *part]))
            for part, how in (*parts, (few, (ALONE,)))
            if part
        ]
        rig = SiteRig(config, hub, cluster, DoorProcesses(started), names, kept, answers)
        stack.enter_context(_bounded(rig, most_gb))
        rig.doors.ask("ready")
        yield rig


@contextmanager
def _bounded(rig: SiteRig, most_gb: float) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_S):
            if rig.memory() > most_gb * GB:
                print(f"More than {most_gb:g} GB of memory: the doors are ended.", flush=True)
                rig.doors.kill()
                return

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join(PATIENCE_S)


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
        file.write_text(f"{cluster.socket_url}\n", encoding="ascii")
    config = HubConfig(
        folder=folder / "hub", host="127.0.0.1", port=free_port(), database_file=file
    )
    with open_hub(config, {}):
        # Keys and tables are made before anything is measured.
        return config


@contextmanager
def _hub(config: HubConfig, folder: Path, answers: Path) -> Iterator["subprocess.Popen[bytes]"]:
    told = {"folder": str(config.folder), "host": config.host, "port": config.port}
    if config.database_file is not None:
        told["database_file"] = str(config.database_file)
    file = folder / "hub.yaml"
    file.write_text(yaml.safe_dump({"hub": told}), encoding="utf-8")
    answers.touch(0o600)
    timed = [sys.executable, "-m", "benchmarks.bars.site_hub", str(answers)]
    argv = [*timed, "hub", "run", "--config", str(file)]
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
def _doors(words: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    argv = [sys.executable, "-m", "benchmarks.bars.site_doors", *words]
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
