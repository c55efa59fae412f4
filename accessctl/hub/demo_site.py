"""A whole site on one machine, for the demo: PostgreSQL, the hub and its doors as processes, each
with a folder of its own below one that is thrown away.

All of them are children of this process, in sessions of their own: Ctrl-C reaches this process
alone, which ends them in order.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from accessctl.background import BackgroundThread
from accessctl.config import Config, HubConfig
from accessctl.errors import FaultError
from accessctl.hub.cluster import LOOPBACK, free_port, private_cluster

START_S, END_S, POLL_S = 90.0, 20.0, 0.02


@dataclass(frozen=True, slots=True)
class SeenDecision:
    """One that a door printed; `time` is the door's own, epoch seconds."""

    outcome: str
    time: float


class SiteProcess:
    """One `accessctl` command that runs until the block ends; what it prints is kept by lines."""

    def __init__(self, name: str, argv: Sequence[str], folder: Path) -> None:
        self.name = name
        self._argv = [sys.executable, "-m", "accessctl", *argv]
        self._errors = folder / f"{name}.log"
        self._lines: list[str] = []
        self._running = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    @property
    def lines(self) -> list[str]:
        return list(self._lines)

    def __enter__(self) -> "SiteProcess":
        with self._errors.open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603 - words of this module alone
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        self._process = process
        reading = BackgroundThread(
            lambda: self._read(process),
            name=f"{self.name}-lines",
            stop=lambda: None,
            patience_s=END_S,
        )
        self._running.enter_context(reading)
        self._running.callback(_end, process)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def check(self) -> None:
        """FaultError with its own last word where it has ended."""
        if self._process is not None and self._process.poll() is not None:
            told = self._errors.read_text(errors="replace").strip().splitlines()
            raise FaultError(f"{self.name} has ended: {_last_word(told)}")

    def _read(self, process: "subprocess.Popen[str]") -> None:
        if process.stdout is not None:
            with process.stdout as said:
                self._lines.extend(said)


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class DemoSiteDoor:
    """A door of the site: its name, its folder and its process."""

    name: str
    folder: Path
    process: SiteProcess

    @property
    def socket(self) -> Path:
        return self.folder / "control.sock"

    def decisions(self) -> list[SeenDecision]:
        """Those it has printed so far."""
        said = [json.loads(line) for line in self.process.lines if line.startswith("{")]
        return [
            SeenDecision(one["decision"], _epoch(one["time"])) for one in said if "decision" in one
        ]


class Waits:
    """Waits for what other processes do; KeyboardInterrupt as soon as `stop` is set."""

    def __init__(self, stop: threading.Event, processes: list[SiteProcess]) -> None:
        self._stop = stop
        self._processes = processes

    def go_on(self) -> None:
        """KeyboardInterrupt where the demo is to end."""
        if self._stop.is_set():
            raise KeyboardInterrupt

    def until(self, look: Callable[[], Any], what: str, patience_s: float = START_S) -> Any:
        """What `look` gives as soon as it gives something; FaultError where it does not in time,
        or a process of the site has ended."""
        deadline = time.monotonic() + patience_s
        while not (found := look()):
            if self._stop.wait(POLL_S):
                raise KeyboardInterrupt
            for process in self._processes:
                process.check()
            if time.monotonic() > deadline:
                raise FaultError(f"{what} did not come within {patience_s:g} s.")
        return found


@contextmanager
def site_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="accessctl-site-") as name:
        yield Path(name)


@contextmanager
def hub_config(folder: Path, programs: Path | None) -> Iterator[HubConfig]:
    """Of a hub at a free port; with PostgreSQL's `programs` on a cluster that runs as long."""
    with ExitStack() as stack:
        file = None
        if programs is not None:
            # Not below the folder, which no other user may enter.
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="accessctl-pg-"))
            cluster = stack.enter_context(private_cluster(Path(place), programs))
            file = folder / "database"
            file.touch(0o600)
            file.write_text(f"{cluster.url}/postgres\n", encoding="ascii")
        yield HubConfig(folder=folder / "hub", host=LOOPBACK, port=free_port(), database_file=file)


def hub_process(config: HubConfig, folder: Path) -> SiteProcess:
    told: dict[str, Any] = {
        "folder": str(config.folder),
        "host": config.host,
        "port": config.port,
    }
    if config.database_file is not None:
        told["database_file"] = str(config.database_file)
    file = _written(folder / "hub.yaml", {"hub": told})
    return SiteProcess("hub", ["hub", "run", "--config", str(file)], folder)


def door_process(config: Config, folder: Path, name: str, hub: str, camera: str) -> DemoSiteDoor:
    """A door as the demo's, but with the hub's people; the encoder is that of `config`."""
    place = folder / name
    place.mkdir(mode=0o700)
    file = _written(place / "config.yaml", _door_sections(config, name, hub, camera, place))
    process = SiteProcess(name, ["run", "--json", "--config", str(file)], folder)
    return DemoSiteDoor(name, place, process)


def joins(door: DemoSiteDoor, fingerprint: str, code: str) -> None:
    """`accessctl join`, with the code on standard input; FaultError."""
    argv = ["join", "--fingerprint", fingerprint, "--config", str(door.folder / "config.yaml")]
    command(argv, f"{code}\n")


def command(argv: Sequence[str], typed: str = "") -> str:
    """What a command of accessctl prints; FaultError with its own word where it fails."""
    done = subprocess.run(  # noqa: S603 - words of this module alone
        [sys.executable, "-m", "accessctl", *argv],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise FaultError(f"accessctl {argv[0]} failed: {_last_word(told)}")
    return done.stdout


def _last_word(lines: Sequence[str]) -> str:
    return lines[-1].removeprefix("accessctl: ") if lines else "without a word"


def _door_sections(
    config: Config, name: str, hub: str, camera: str, place: Path
) -> Mapping[str, Any]:
    return {
        "access": {"door": name},
        "camera": {"source": f"{camera}/{name}"},
        "encoder": {"folder": str(config.encoder.folder), "device": config.encoder.device},
        "vision": {"models": str(config.vision.models)},
        # A drawn visitor who stands there for two seconds is doubted, and rightly.
        "liveness": {"mode": "off"},
        "policy": {
            "lockout": {"attempts": 0, "off_after": 0, "door_attempts": 0},
            "second_factor": "off",
            "intent": "off",
            "cooldown_s": 0.5,
        },
        "actions": {"granted": [{"type": "command", "argv": ["true"]}]},
        "service": {"socket": str(place / "control.sock")},
        "sync": {"hub": hub},
    }


def _written(path: Path, sections: Mapping[str, Any]) -> Path:
    path.touch(0o600)
    path.write_text(yaml.safe_dump(dict(sections)), encoding="utf-8")
    return path


def _epoch(time_told: str) -> float:
    return datetime.fromisoformat(time_told).timestamp()
