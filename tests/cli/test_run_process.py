"""`accessctl run` in a process of its own: its outputs, signals, and systemd."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from accessctl.config import load_config
from accessctl.control.client import ask
from tests.patience import wait_for

pytestmark = pytest.mark.usefixtures("models")


@pytest.mark.parametrize("how", ["full", "broken"])
def test_nobody_to_show_it_to_ends_no_door(eileen, two_visits, how: str) -> None:
    if how == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    command = ["run", "--json", "--fast", "--source", str(two_visits)]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "accessctl", *command, "--config", str(eileen.config)],
            stdout=target,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(target)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("cannot be shown any more") == 1
    assert [word for kind, word in eileen.told() if kind == "decision"] == ["unknown", "granted"]


@pytest.fixture
def running(eileen, film) -> Iterator[subprocess.Popen[str]]:
    """A door in a process of its own, before which Eileen stands for a minute and a half."""
    unlock = eileen.folder / "unlock"
    unlock.write_text(
        f"#!/bin/sh\ncd {eileen.folder}\ntouch begun\n"
        "while [ ! -e go ]; do sleep 0.05; done\ntouch done\n"
    )
    eileen.configure(
        camera={"fps": 5},
        actions={"granted": [{"type": "command", "argv": [str(unlock)], "timeout_s": 60}]},
    )
    command = ["run", "--json", "--source", str(film(("collins", 450)))]
    with subprocess.Popen(
        [sys.executable, "-m", "accessctl", *command, "--config", str(eileen.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        (eileen.folder / "go").touch()
        process.kill()


def test_a_standard_output_that_was_closed_ends_no_door(eileen, two_visits) -> None:
    """Nor is another file opened in its place and written into."""
    words = ["run", "--json", "--fast", "--source", str(two_visits)]
    command = [sys.executable, "-m", "accessctl", *words, "--config", str(eileen.config)]
    ended = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert [word for kind, word in eileen.told() if kind == "decision"] == ["unknown", "granted"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_its_actions_finished(eileen, running, number: int) -> None:
    assert json.loads(running.stdout.readline())["decision"] == "granted"
    # The lock is being opened now, and waits for `go`.
    running.send_signal(number)
    (eileen.folder / "go").touch()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err
    assert (eileen.folder / "done").exists()
    assert eileen.told()[1:] == [
        ("service", "started"),
        ("decision", "granted"),
        ("action", True),
        ("service", "stopped"),
    ]


class Manager:
    """A service manager's ear, in place of systemd."""

    def __init__(self, address: str) -> None:
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(address)

    def until(self, line: str, timeout_s: float = 60.0) -> list[str]:
        """All lines up to the one that begins so."""
        lines: list[str] = []
        self._ear.settimeout(timeout_s)
        while not any(heard.startswith(line) for heard in lines):
            lines += self._ear.recv(4096).decode().split("\n")
        return lines

    def rest(self) -> list[str]:
        """What was said and not yet heard."""
        lines: list[str] = []
        self._ear.setblocking(False)
        while True:
            try:
                lines += self._ear.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines

    def silent_for(self, seconds: float) -> bool:
        self._ear.settimeout(seconds)
        try:
            self._ear.recv(4096)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self._ear.close()


PERIOD_S = 0.4


@pytest.fixture
def manager(site) -> Iterator[Manager]:
    made = Manager(str(site.folder / "notify"))
    yield made
    made.close()


@pytest.fixture
def service(eileen, film, manager) -> Iterator[subprocess.Popen[str]]:
    """The door as systemd would start it, with a watchdog, before a camera of 90 seconds."""
    eileen.configure(camera={"fps": 5}, service={"log_format": "json"})
    environment = os.environ | {
        "NOTIFY_SOCKET": str(eileen.folder / "notify"),
        "WATCHDOG_USEC": str(round(PERIOD_S * 1e6)),
    }
    command = ["run", "--source", str(film(("empty", 450))), "--config", str(eileen.config)]
    with subprocess.Popen(
        [sys.executable, "-m", "accessctl", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield process
        process.kill()


def test_under_systemd(eileen, service, manager) -> None:
    """READY, WATCHDOG only while it makes progress, reload, refusal, newcomers, STOPPING."""
    manager.until("READY=1")
    manager.until("STATUS=Watching ")
    manager.until("WATCHDOG=1")

    service.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, service.pid, os.WSTOPPED | os.WNOWAIT)
    manager.rest()
    assert manager.silent_for(3 * PERIOD_S)
    service.send_signal(signal.SIGCONT)
    manager.until("WATCHDOG=1")

    eileen.configure(camera={"fps": 5}, service={"log_format": "json"}, policy={"cooldown_s": 9})
    said = eileen("reload")
    assert (said.code, said.out) == (0, "Reloaded: policy.cooldown_s; 1 people enrolled.\n")
    manager.until("RELOADING=1")
    manager.until("READY=1")

    good = eileen.config.read_text()
    sock = load_config(eileen.config).service.socket
    eileen.config.write_text(good + "colour: red\n")
    said = eileen("reload", "--socket", str(sock))
    assert (said.code, said.out) == (2, "")
    assert "unknown key 'colour'" in said.err
    manager.rest()
    service.send_signal(signal.SIGHUP)
    manager.until("RELOADING=1")
    manager.until("READY=1")
    eileen.config.write_text(good)

    eileen.put("Grace")
    wait_for(lambda: ask(sock, "status")["people"] == 2, "the second person")
    manager.rest()
    manager.until("WATCHDOG=1")

    service.send_signal(signal.SIGTERM)
    manager.until("STOPPING=1")
    out, err = service.communicate(timeout=60)
    assert service.returncode == 0, err
    assert "Traceback" not in err
    # Decisions go to the journal, one JSON object a line and nobody's name in it.
    assert out == ""
    messages = [json.loads(line)["message"] for line in err.splitlines()]
    assert sum(message.startswith("Not reloaded: ") for message in messages) == 2
    assert eileen.told()[1:] == [
        ("service", "started"),
        ("service", "reloaded"),
        ("service", "reload_refused"),
        ("service", "reload_refused"),
        ("service", "stopped"),
    ]


def test_the_journal_hears_of_a_decision_without_a_name(
    eileen, two_visits, manager, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(eileen.folder / "notify"))
    caplog.set_level("INFO")
    said = eileen("run", "--fast", "--source", two_visits)
    assert (said.code, said.out) == (0, "")
    decided = [record for record in caplog.records if hasattr(record, "outcome")]
    assert len(decided) == 2
    assert all(record.visit and record.message.startswith("A visit was") for record in decided)
    assert "Eileen" not in caplog.text
