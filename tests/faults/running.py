"""A door in a process of its own, as the owner runs it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.config import load_config
from accessctl.control.client import ask
from accessctl.domain import Event, EventKind

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 120.0
POLL_S = 0.02

SECTIONS: dict[str, dict[str, Any]] = {
    "camera": {
        "open_timeout_s": 1,
        "read_timeout_s": 1,
        "backoff_min_s": 0.1,
        "steady_s": 0.3,
        "backoff_max_s": 0.5,
    },
    "encoder": {"folder": str(REPOSITORY / "models" / "dlib"), "device": "cpu"},
    "vision": {
        "models": str(REPOSITORY / "models" / "cache" / "mediapipe"),
        "track_timeout_s": 0.3,
    },
    # The cameras of these tests show photographs.
    "liveness": {"mode": "off"},
    "policy": {"unknown_after_frames": 4, "unknown_after_s": 0.2, "cooldown_s": 0.2},
}


# Whoever opens looks whether the visit stands in the log's file by then.
UNLOCK = """
if grep -qaF "$ACCESSCTL_VISIT" {state}/events.sqlite {state}/events.sqlite-wal
then echo "$ACCESSCTL_VISIT" >> {opened}
else echo "unrecorded-$ACCESSCTL_VISIT" >> {opened}
fi
"""


class Door:
    """`accessctl run` in a process of its own, whose lock is a file with a line an opening."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        self._opened = folder / "opened"
        self._process: subprocess.Popen[bytes] | None = None
        self.unlock = self.hook(
            "unlock", UNLOCK.format(opened=self._opened, state=folder / "state")
        )
        self.configure()

    def hook(self, name: str, script: str, **more: Any) -> dict[str, Any]:
        """An action that runs this shell script."""
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o700)
        return {"type": "command", "argv": [str(file)], **more}

    def configure(self, **sections: Mapping[str, Any]) -> None:
        """Over what suits these tests, key by key."""
        wanted: dict[str, Any] = {"actions": {"granted": [self.unlock]}}
        for name in SECTIONS.keys() | sections.keys():
            wanted.setdefault(name, {})
            wanted[name] = wanted[name] | SECTIONS.get(name, {}) | dict(sections.get(name, {}))
        self.config.write_text(yaml.safe_dump(wanted))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def enrol(self, name: str, photo: Path) -> subprocess.CompletedProcess[str]:
        argv = self.command("enroll", name, photo)
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    def command(self, *argv: str | Path) -> list[str]:
        words = [str(word) for word in argv]
        return [sys.executable, "-m", "accessctl", *words, "--config", str(self.config)]

    def start(self, *argv: str | Path) -> subprocess.Popen[bytes]:
        """Its standard output and error go to files, which never fill up as pipes do."""
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "ab") as err:
            self._process = subprocess.Popen(
                self.command("run", "--json", *argv), stdout=out, stderr=err
            )
        return self._process

    def run(self, *argv: str | Path) -> int:
        return self.start(*argv).wait(120)

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` gives as soon as it gives something."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := look():
                return found
            assert self._process is None or self._process.poll() is None, self.said()
            time.sleep(POLL_S)
        pytest.fail(f"{what} did not come within {PATIENCE_S:g} s; {self.said()}")

    def said(self) -> str:
        return (self.folder / "err").read_text(errors="replace")

    def decisions(self) -> list[dict[str, Any]]:
        """Those it printed, so those it acknowledged; a line that was cut off is none."""
        lines = (self.folder / "out").read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def opened(self) -> list[str]:
        """The visits for which the lock opened, each as often as it did."""
        return self._opened.read_text().split() if self._opened.exists() else []

    def open_once_more(self) -> None:
        """Wait until somebody is let in from now on."""
        before = len(self.opened())
        self.until(lambda: len(self.opened()) > before, "an opening")

    def events(self) -> list[Event]:
        with EventLog(load_config(self.config).audit.file) as log:
            return [event for _, event in log.query()]

    def granted(self) -> list[str]:
        """The visits of the grants on record."""
        said = [event.data for event in self.events() if event.data.get("reason") == "matched"]
        return [data["visit"] for data in said if data["decision"] == "granted"]

    def failures(self, hook: str) -> list[str]:
        """What the log says of each action of that name that failed."""
        said = [event.data for event in self.events() if event.kind is EventKind.ACTION]
        return [d["detail"] for d in said if d["action"] == f"command {hook}" and not d["ok"]]

    def states(self) -> list[str]:
        return [event.data["state"] for event in self.events() if "state" in event.data]

    def status(self) -> dict[str, Any]:
        return ask(load_config(self.config).service.socket, "status")

    def until_answering(self) -> None:
        sock = load_config(self.config).service.socket
        self.until(sock.exists, "the control socket")

    def camera(self) -> dict[str, Any]:
        found: dict[str, Any] = self.status()["camera"]
        return found

    def until_camera(self, state: str) -> None:
        self.until(lambda: self.camera()["state"] == state, f"a camera that is {state}")
