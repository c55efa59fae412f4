"""The hub and its doors as processes that can be killed, and what must hold afterwards."""

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import yaml

from accessctl.audit.opening import open_log_to_check
from accessctl.config import AuditConfig, HubConfig, load_config
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery
from accessctl.hub.assembly import Hub
from accessctl.hub.verify import verify_site
from tests.patience import wait_for

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 60.0


class HubProcess:
    """`accessctl hub run`, which is started and killed as often as one likes."""

    def __init__(self, config: HubConfig, folder: Path) -> None:
        self.config = config
        self._file = folder / "hub.yaml"
        told = {name: str(value) for name, value in config.model_dump().items() if value}
        told["port"], told["names"] = config.port, list(config.names)
        self._file.write_text(yaml.safe_dump({"hub": told}))
        self._errors = folder / "hub.err"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "accessctl", "hub", "run", "--config", str(self._file)],
                cwd=REPOSITORY,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def until_answering(self) -> None:
        wait_for(self._answers, f"an answer of the hub ({self.said()[-500:]})", PATIENCE_S)

    def as_systemd_does(self) -> None:
        """Started again whenever it has ended with a fault, until it answers: its database may be
        just coming up."""

        def answers() -> bool:
            assert self._process is not None
            ended = self._process.poll()
            assert ended in (None, 1), self.said()
            if ended is not None:
                self.start()
            return self._is_reachable()

        wait_for(answers, "an answer of the hub", PATIENCE_S)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said()
        return self._is_reachable()

    def _is_reachable(self) -> bool:
        try:
            socket.create_connection((self.config.host, self.config.port), 1.0).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """In order; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit status, once it ends by itself."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def said(self) -> str:
        return self._errors.read_text(errors="replace") if self._errors.exists() else ""


class DoorProcess:
    """See door_process.py; remembers what it acknowledged over all of its lives."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.file = folder / "config.yaml"
        self.file.write_text(yaml.safe_dump({"sync": {"hub": url}}))
        self.config = load_config(self.file)
        self.log_file = self.config.audit.file
        self.sync_folder = self.config.sync_folder
        self.acknowledged: set[int] = set()
        self._reading: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._errors = folder / "door.err"

    def start(self, pause_s: float = 0.05) -> None:
        words = [str(self.file), str(pause_s)]
        with self._errors.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.site.door_process", *words],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._process = process
        self._reading = threading.Thread(target=self._read, args=(process,))
        self._reading.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            # What a kill cut off was not acknowledged.
            if line.endswith("\n"):
                self.acknowledged.add(int(line))
        process.stdout.close()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._ended(self._process)

    def end(self) -> int:
        """It writes no more, sends what is left, and ends; its exit status."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        code = self._process.wait(PATIENCE_S)
        self._ended(self._process)
        return code

    def _ended(self, process: "subprocess.Popen[str]") -> None:
        process.wait()
        if self._reading is not None:
            self._reading.join(PATIENCE_S)
        if process.stdin is not None:
            process.stdin.close()

    def said(self) -> str:
        return self._errors.read_text(errors="replace")

    def people(self) -> set[str]:
        """The names of those whom the door would let in now; its gallery may be in use."""
        if not database_file(self.config.gallery.folder).exists():
            return set()
        with open_gallery(self.config.gallery, {}) as gallery:
            return {person.name for person in gallery.people()}

    def records(self) -> dict[int, bytes]:
        """The hash of each record in its log, by number."""
        with closing(sqlite3.connect(self.log_file)) as db:
            return dict(db.execute("SELECT id, hash FROM event"))


def holds(hub: Hub, doors: dict[str, DoorProcess]) -> None:
    """Nothing that was acknowledged is lost, nothing is there twice, all chains are whole."""
    kept: dict[str, list[tuple[int, bytes]]] = {name: [] for name in doors}
    for one in hub.records.query():
        kept[one.name].append((one.number, one.hash))
    for name, door in doors.items():
        written = door.records()
        assert door.acknowledged <= written.keys(), name
        assert sorted(kept[name]) == sorted(written.items()), name
        with open_log_to_check(AuditConfig(file=door.log_file), {}) as log:
            assert not log.verify().alarm, name
    assert [str(one) for one in hub.records.alarms()] == []
    assert verify_site(hub.database).is_sound
