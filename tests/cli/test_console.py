"""`accessctl console` and the console beside `hub run`, each as a process of its own."""

import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from accessctl.cli.console import DEMO_DOOR, config_to_try, joined_demo
from accessctl.config import load_config
from accessctl.demo.door import DEMO_PERSON
from accessctl.errors import ConfigError
from accessctl.hub.assembly import open_hub
from accessctl.sync.identity import load_membership
from tests.hub.conftest import free_port, serving

PATIENCE_S = 120.0


@pytest.fixture
def ports(site) -> tuple[int, int]:
    hub, console = free_port(), free_port()
    site.configure(
        hub={"host": "127.0.0.1", "port": hub},
        console={"enabled": True, "host": "127.0.0.1", "port": console},
    )
    return hub, console


@contextmanager
def running(site, *words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "accessctl", *words, "--config", str(site.config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def page_at(port: int) -> str:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(f"https://localhost:{port}/sign-in", context=tls) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(
    ("words", "number"), [(("hub",), signal.SIGINT), (("hub", "run"), signal.SIGTERM)]
)
def test_hub_and_console_are_served_until_a_signal(
    site, ports: tuple[int, int], words: tuple[str, ...], number: int
) -> None:
    with running(site, *words) as process:
        assert process.stdout is not None
        told = {process.stdout.readline() for _ in range(2)}
        assert f"The console is at https://localhost:{ports[1]}\n" in told
        assert "<title>Sign in</title>" in page_at(ports[1])
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")


def test_one_command_prints_the_address_and_the_first_operators_link(
    site, ports: tuple[int, int]
) -> None:
    with running(site, "console", "--no-demo") as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(4)]
        assert told[0] == f"The console is at https://localhost:{ports[1]}\n"
        assert told[1].startswith("Fingerprint of its authority: SHA256:")
        assert f"https://localhost:{ports[1]}/invitation?code=" in told[3]
        assert "<title>Sign in</title>" in page_at(ports[1])
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")


def test_the_demos_door_is_at_work_in_it_until_a_signal(site, ports: tuple[int, int]) -> None:
    with running(site, "console") as process:
        assert process.stderr is not None
        with ThreadPoolExecutor(1) as pool:
            # The hub's own word of its people, at the door: the whole way is open.
            heard = pool.submit(_read_until, process.stderr, "The gallery changed: 1 people.")
            try:
                heard.result(PATIENCE_S)
            finally:
                process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, "ERROR" in errors) == (0, False), errors


def _read_until(stream: IO[str], told: str) -> None:
    for line in stream:
        if told in line:
            return
    raise AssertionError(f"It ended before it said: {told}")


def test_an_empty_folder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config, path = config_to_try(None, {})
    assert path == tmp_path / "config.yaml"
    assert config.hub.folder.is_relative_to(tmp_path)
    assert config.audit.file.is_relative_to(tmp_path)
    with pytest.raises(ConfigError):
        config_to_try(Path("other.yaml"), {})
    with pytest.raises(ConfigError):
        config_to_try(None, {"ACCESSCTL_CONFIG": "other.yaml"})


def test_a_port_that_is_taken_is_told_in_a_sentence(site) -> None:
    taken = {"host": "127.0.0.1", "port": free_port()}
    site.configure(hub=taken, console=dict(taken))
    with running(site, "console", "--no-demo") as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, errors
    assert "cannot listen at 127.0.0.1" in errors
    assert "Traceback" not in errors


def test_the_demo_door_joins_once_and_anew_where_its_keys_are_lost(
    site, ports: tuple[int, int]
) -> None:
    config = load_config(site.config)
    with open_hub(config.hub, {}) as hub, serving(hub):
        door = joined_demo(hub, config)
        assert door.camera.source == "demo://door"
        assert door.actions.granted[0].argv[0] == "echo"
        assert [one.name for one in hub.people.people()] == [DEMO_PERSON]
        assert door.audit.file != config.audit.file
        first = load_membership(door.sync_folder)
        assert first is not None
        joined_demo(hub, config)
        assert [one.id for one in hub.doors.listed()] == [first.door]
        for file in door.sync_folder.iterdir():
            file.unlink()
        joined_demo(hub, config)
        second = load_membership(door.sync_folder)
        assert second is not None
        states = {one.id: (one.name, one.state) for one in hub.doors.listed()}
        assert states == {
            first.door: (DEMO_DOOR, "revoked"),
            second.door: (DEMO_DOOR, "joined"),
        }
