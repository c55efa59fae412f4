"""The hub's commands, in the folder of a hub that has a door with a log."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accessctl.audit.log import EventLog
from accessctl.config import load_config
from accessctl.domain import Event, EventKind, PersonId
from accessctl.hub.assembly import Hub, open_hub
from accessctl.sync.link import HubLink
from tests.hub.conftest import free_port, serving
from tests.hub.made_tables import with_tables

NOW = 1_700_000_000.0


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What standard input gives next."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def port(site) -> int:
    number = free_port()
    hub = {"host": "127.0.0.1", "port": number, "names": ["hub.example"]}
    site.configure(hub=hub, sync={"hub": f"https://127.0.0.1:{number}"})
    return number


@pytest.fixture
def hub(site, port: int) -> Iterator[Hub]:
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


def joined(site, typed, hub: Hub) -> None:
    told = json.loads(site("hub", "invite", "front-door", "--json").out)
    typed(told["code"] + "\n")
    said = site("join", "--fingerprint", told["fingerprint"])
    assert (said.code, said.err) == (0, "")
    now = f"This door is front-door at https://127.0.0.1:{hub.config.port} now.\n"
    assert said.out.startswith(now)


def with_events(site) -> None:
    config = load_config(site.config)
    with EventLog(config.audit.file) as log:
        log.append(Event(NOW, EventKind.SERVICE, {"state": "started"}))
        log.append(Event(NOW + 1, EventKind.PERSON, {"change": "enrolled"}, PersonId("ab" * 16)))
    link = HubLink(config.audit.file, str(config.sync.hub), config.sync_folder)
    link.send_once()
    link.disconnect()


def test_a_door_joins_and_its_events_are_at_the_hub(site, typed, hub: Hub) -> None:
    with serving(hub):
        joined(site, typed, hub)
        with_events(site)
    (door,) = [json.loads(line) for line in site("hub", "doors", "--json").out.splitlines()]
    assert (door["door"], door["state"], door["records"], door["alarms"]) == (
        "front-door",
        "joined",
        2,
        0,
    )
    assert "front-door  joined" in site("hub", "doors").out
    first, second = [json.loads(one) for one in site("hub", "events", "--json").out.splitlines()]
    assert (first["door"], first["record"], first["data"]) == (
        "front-door",
        1,
        {"state": "started"},
    )
    assert second["person"] == "ab" * 16
    # Where there is a hub and no door of its own.
    Path(load_config(site.config).audit.file).rename(site.folder / "elsewhere")
    for words in ((), ("--json",), ("--kind", "person")):
        assert site("events", *words).out == site("hub", "events", *words).out != ""
    assert site("hub", "events", "--kind", "person").out.count("\n") == 1
    assert site("hub", "events", "--door", "back").out == ""
    assert site("hub", "alarms").out == "No door's log has given cause for alarm.\n"
    said = site("hub", "verify")
    assert said.code == 0
    assert said.out.endswith("All chains are whole.\n")
    assert site("hub", "revoke", "front-door").out.startswith("front-door counts no more")
    assert site("hub", "revoke", "front-door").code == 2


def test_what_was_tampered_with_ends_with_1(site, typed, hub: Hub) -> None:
    with serving(hub):
        joined(site, typed, hub)
        with_events(site)
    with hub.database.writing() as db:
        db.exec_driver_sql("DELETE FROM event WHERE number = 1")
    said = site("hub", "verify")
    assert said.code == 1
    assert ": record 1: it is missing." in said.out
    (broken,) = json.loads(site("hub", "verify", "--json").out)["broken"]
    assert (broken["door"], broken["record"]) == ("front-door", 1)


def test_an_invitation_says_what_to_do_and_can_be_withdrawn(site, hub: Hub) -> None:
    lines = site("hub", "invite", "front-door").out.splitlines()
    assert lines[0].startswith("Code for front-door, once and until ")
    assert lines[2] == (
        f"  accessctl join https://127.0.0.1:{hub.config.port} "
        f"--fingerprint {hub.authority.fingerprint}"
    )
    assert site("hub", "revoke", "front-door").out == (
        "The invitation of front-door counts no more.\n"
    )
    said = site("hub", "invite", "front door")
    assert said.code == 2
    assert "cannot be a door's name" in said.err


@pytest.mark.parametrize("command", ["doors", "events", "alarms", "verify"])
def test_where_there_is_no_hub_none_is_made(site, port: int, command: str) -> None:
    said = site("hub", command)
    assert said.code == 2
    assert "There is no hub in " in said.err
    assert not (site.folder / "state" / "hub").exists()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_that_runs_is_ended_in_order(site, port: int, signum: signal.Signals) -> None:
    site.configure(hub={"host": "127.0.0.1", "port": port}, sync={})
    argv = [sys.executable, "-m", "accessctl", "hub", "run", "--config", str(site.config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as hub:
        said = hub.stdout.readline()
        hub.send_signal(signum)
        _, told = hub.communicate(timeout=60)
    assert said.startswith(f"The hub listens at https://127.0.0.1:{port}. SHA256:")
    assert (hub.returncode, told) == (0, "")


def test_the_door_beside_it_joins_by_itself(site, port: int) -> None:
    argv = [sys.executable, "-m", "accessctl", "hub", "run", "--config", str(site.config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE) as hub:
        said = [hub.stdout.readline() for _ in range(2)]
        hub.send_signal(signal.SIGTERM)
        hub.communicate(timeout=60)
    assert said[1] == "The door front on this machine has joined.\n"
    assert "front  joined" in site("hub", "doors").out


def test_a_port_that_is_taken_is_one_sentence(site, hub: Hub) -> None:
    with serving(hub):
        said = site("hub", "run")
    assert said.code == 1
    assert "The hub cannot listen at 127.0.0.1, port" in said.err


def test_a_door_without_models_hears_at_the_end_where_they_are(
    site, typed, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessctl.cli.join.missing_models", lambda _: ["dlib/a.tflite", "b"])
    with serving(hub):
        code = hub.doors.invite("front-door").code
        typed(f"{code}\n")
        said = site("join", "--fingerprint", hub.authority.fingerprint)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[1:] == [
        "Model files that this door needs are not here (dlib/a.tflite, b); take them from the hub: "
        "accessctl models fetch --from-hub"
    ]


def test_a_join_that_cannot_be(site, typed, port: int, tmp_path: Path) -> None:
    digest = "00" * 32
    said = site("join", "https://elsewhere:8443", "--fingerprint", digest)
    assert (said.code, "names another hub" in said.err) == (2, True)
    assert site("join", "--fingerprint", "12").code == 2
    typed("\n")
    said = site("join", "--fingerprint", digest)
    assert (said.code, "No code was given" in said.err) == (2, True)
    typed("AAAAA\n")
    said = site("join", "--fingerprint", digest)
    assert (said.code, "cannot be reached" in said.err) == (1, True)
    site.configure()
    said = site("join", "--fingerprint", digest)
    assert (said.code, "Name the hub" in said.err) == (2, True)
    assert not (site.folder / "state" / "sync").exists()
