"""A PostgreSQL of its own for a while: for the demo of a site, for tests and measurements.

Its data lie in a folder that is given, it listens at a free port of this machine, and nobody needs
a password: it is for nothing that counts. It runs as the user who starts it; PostgreSQL refuses to
run as root, who starts it as the user `postgres` of the system's package.
"""

import os
import pwd
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from accessctl.errors import FaultError

PACKAGES = Path("/usr/lib/postgresql")
SYSTEM_USER = "postgres"
PATIENCE_S, POLL_S = 60.0, 0.05
LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listened a moment ago."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def find_programs(packages: Path = PACKAGES) -> Path | None:
    """The folder of the newest PostgreSQL's programs as Debian lays them, None where there is
    none."""

    def version(path: Path) -> int:
        return int(found[0]) if (found := re.findall(r"\d+", path.parent.name)) else 0

    found = [file.parent for file in packages.glob("*/bin/initdb")]
    return max(found, key=version, default=None)


class PrivateCluster:
    """One that was made by `private_cluster`; it runs unless `stop` or `kill` ended it."""

    def __init__(self, folder: Path, programs: Path, *, durable: bool) -> None:
        self._folder = folder
        self._programs = programs
        self._durable = durable
        self._data = folder / "data"
        self.port = free_port()

    @property
    def url(self) -> str:
        """Without a database's name; `postgres` is there."""
        return f"postgresql://{SYSTEM_USER}@{LOOPBACK}:{self.port}"

    @property
    def socket_url(self) -> str:
        """Of the database `postgres`, by the socket in its folder."""
        return f"postgresql://{SYSTEM_USER}@/postgres?host={self._folder}&port={self.port}"

    def make(self) -> None:
        """FaultError."""
        if os.geteuid() == 0:
            user = pwd.getpwnam(SYSTEM_USER)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        made = ["-A", "trust", "-N", "-E", "UTF8", "-U", SYSTEM_USER]
        self._run([self._programs / "initdb", "-D", self._data, *made])

    def start(self) -> None:
        """FaultError. After `kill` it first brings its data in order."""
        sync = "on" if self._durable else "off"
        options = (
            f"-c listen_addresses={LOOPBACK} -p {self.port} -k {self._folder} -c fsync={sync} "
            "-c max_connections=100 -c shared_buffers=32MB"
        )
        self._control("-o", options, "-l", self._folder / "log", "start")

    def stop(self) -> None:
        """In order, whoever is connected; nothing where it does not run."""
        if self.pid is not None and _is_alive(self.pid):
            self._control("-m", "fast", "stop")

    @property
    def pid(self) -> int | None:
        """Of the process that the others belong to."""
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="ascii").split("\n")
            return int(lines[0])
        except (OSError, ValueError):
            return None

    def kill(self) -> None:
        """SIGKILL to all of its processes at once."""
        pid = self.pid
        if pid is None:
            return
        with suppress(ProcessLookupError):
            # It must not see its children go before it goes itself.
            os.kill(pid, signal.SIGSTOP)
            for child in _children(pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
        _until(lambda: not _is_alive(pid), "The end of PostgreSQL")

    def _control(self, *argv: object) -> None:
        self._run([self._programs / "pg_ctl", "-D", self._data, "-w", *argv])

    def _run(self, argv: Sequence[object]) -> None:
        as_user = ["runuser", "-u", SYSTEM_USER, "--"] if os.geteuid() == 0 else []
        # Pipes would be held open by the server: what goes wrong stands in its log.
        with (self._folder / "said").open("wb") as said:
            done = subprocess.run(  # noqa: S603 - words of this module alone
                [*as_user, *map(str, argv)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
            )
        if done.returncode:
            told = (self._folder / "said").read_text(errors="replace").strip().splitlines()
            raise FaultError(f"PostgreSQL does not start ({told[-1] if told else 'no word'}).")


@contextmanager
def private_cluster(
    folder: Path, programs: Path, *, durable: bool = False
) -> Iterator[PrivateCluster]:
    """A cluster in an empty folder that other users may enter, running until the block ends.

    `durable` waits for the disk at each commit, as one that counts does. FaultError.
    """
    cluster = PrivateCluster(folder, programs, durable=durable)
    cluster.make()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in text.split()]
    return []


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise FaultError(f"{what} did not come within {PATIENCE_S:g} s.")
        time.sleep(POLL_S)
