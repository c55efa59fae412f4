import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from accessctl.cli import run
from accessctl.cli.run import RunOptions, accepted_source, asker, stop_on_signals
from accessctl.config import load_config
from accessctl.demo.door import DEMO_PERSON
from accessctl.door.demands import Asked, Prompt
from accessctl.service.client import ask

KEYS = [
    "time",
    "kind",
    "visit",
    "decision",
    "reason",
    "person",
    "similarity",
    "fmr",
    "frames",
    "latency_ms",
    "person_id",
]
GONE = ("empty", 20)
TWO_VISITS = (("empty", 2), ("hopper", 8), GONE, ("collins", 8), GONE)

models = pytest.mark.usefixtures("models")


@pytest.fixture
def eileen(door, pictures):
    assert door("enroll", "Eileen Collins", pictures("collins")).code == 0
    return door


def opened(site) -> list[str]:
    log = site.folder / "opened"
    return log.read_text().splitlines() if log.exists() else []


def told(site) -> list[tuple[str, str]]:
    """Kind of each event, with the word that matters most."""
    words = {"decision": "decision", "action": "ok", "person": "change", "service": "state"}
    happened = [(event.kind, event.data[words[event.kind]]) for event in site.events()]
    # Which gallery and which configuration count is on record, too: see their own tests.
    return [one for one in happened if not str(one[1]).startswith(("gallery_", "config_"))]


@models
def test_a_stranger_stays_out_and_somebody_enrolled_is_let_in_once(eileen, film) -> None:
    said = eileen("run", "--json", "--fast", "--source", film(*TWO_VISITS))
    assert (said.code, said.err) == (0, "")
    stranger, known = said.lines
    for line in said.lines:
        assert list(line)[: len(KEYS)] == KEYS
        assert line["kind"] == "decision"
        assert line["frames"] >= 3
        assert line["latency_ms"] > 0
    assert (stranger["decision"], stranger["reason"]) == ("unknown", "no_match")
    assert (stranger["person"], stranger["person_id"]) == (None, None)
    assert (known["decision"], known["reason"]) == ("granted", "matched")
    assert known["person"] == "Eileen Collins"
    assert known["similarity"] > 0.99
    assert known["fmr"] < 1e-3 < stranger["fmr"]
    assert stranger["visit"] != known["visit"]
    assert opened(eileen) == ["Eileen Collins"]


@models
def test_all_of_it_is_on_record(eileen, film) -> None:
    printed = eileen("run", "--json", "--fast", "--source", film(*TWO_VISITS)).lines
    assert told(eileen) == [
        ("person", "enrolled"),
        ("service", "started"),
        ("decision", "unknown"),
        ("decision", "granted"),
        ("action", True),
        ("service", "stopped"),
    ]
    listed = eileen("events", "--json").lines
    assert [line for line in listed if line["kind"] == "decision"] == printed
    assert "Eileen" not in repr(eileen.events())


@models
def test_the_lines_for_people_to_read(eileen, film) -> None:
    said = eileen("run", "--fast", "--source", film(*TWO_VISITS))
    stranger, known = said.out.splitlines()
    assert "unknown  (no_match)  similarity " in stranger
    assert "granted  Eileen Collins  (matched)  similarity " in known


@models
def test_who_is_still_there_at_the_end_is_decided(eileen, film) -> None:
    said = eileen("run", "--json", "--fast", "--source", film(("hopper", 2)))
    (line,) = said.lines
    assert (line["decision"], line["reason"]) == ("unknown", "left_early")
    assert told(eileen)[-2:] == [("decision", "unknown"), ("service", "stopped")]


@models
def test_an_action_that_fails_stops_nothing(eileen, film) -> None:
    (eileen.folder / "unlock").unlink()
    said = eileen("run", "--json", "--fast", "--source", film(("collins", 6)))
    assert said.code == 0
    assert [line["decision"] for line in said.lines] == ["granted"]
    assert told(eileen)[-3:] == [
        ("action", False),
        ("service", "entry_failed"),
        ("service", "stopped"),
    ]


@models
def test_after_so_many_seconds_it_ends(eileen, film) -> None:
    said = eileen("run", "--seconds", "0", "--source", film(("collins", 6)))
    assert (said.code, said.out) == (0, "")
    assert told(eileen)[1:] == [("service", "started"), ("service", "stopped")]
    assert opened(eileen) == []


@models
def test_no_camera(site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accessctl.camera.usb.first_usb_camera", lambda *_: None)
    store = site.store()
    said = site("run")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("accessctl: No camera is attached; plug one in")
    assert said.err.count("\n") == 1
    assert (site.store(), site.events()) == (store, [])


@models
@pytest.mark.parametrize(
    ("source", "code", "why"),
    [
        ("gopher://x", 2, "is not understood"),
        ("no-such-file.mp4", 2, "does not exist"),
        ("", 1, "No camera is attached"),
    ],
)
def test_a_source_that_will_not_do(
    site, source: str, code: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessctl.camera.usb.first_usb_camera", lambda *_: None)
    store = site.store()
    said = site("run", "--source", source)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith("accessctl: ")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert (site.store(), site.events()) == (store, [])


@models
def test_a_recording_that_is_none_is_a_fault_on_record(site, pictures) -> None:
    said = site("run", "--source", pictures("text.jpg"))
    assert said.code == 1
    assert said.err.startswith("accessctl: ")
    assert said.err.count("\n") == 1
    assert told(site) == [("service", "started"), ("service", "fault")]


@models
def test_an_audit_log_that_cannot_be_written_opens_no_door(eileen, film) -> None:
    eileen.configure(audit={"file": "film"})
    said = eileen("run", "--source", film(("collins", 6)))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"accessctl: The event log {eileen.folder / 'film'}")
    assert said.err.count("\n") == 1
    assert opened(eileen) == []


@models
def test_the_demo(door) -> None:
    """As `make run` plays it, only faster: default policy, default frame rate."""
    door.configure(
        actions={"granted": [{"type": "command", "argv": [str(door.folder / "unlock")]}]}
    )
    said = door("run", "--source", "demo", "--fast", "--json")
    assert said.code == 0
    lines = [(line["decision"], line["reason"], line["person"]) for line in said.lines]
    # The stranger stands there for more than one attempt.
    strangers = [line for line in lines if line == ("unknown", "no_match", None)]
    enrolled, *photograph = lines[len(strangers) :]
    assert 1 <= len(strangers) <= 3
    assert enrolled == ("granted", "matched", DEMO_PERSON)
    # It may be lost from sight and found again, and is refused again then.
    assert ("denied", "not_live", DEMO_PERSON) in photograph
    assert "granted" not in {decision for decision, _, _ in photograph}
    refused = [("decision", decision) for decision, _, _ in photograph]
    assert told(door) == [
        ("person", "enrolled"),
        ("service", "started"),
        *[("decision", "unknown")] * len(strangers),
        ("decision", "granted"),
        ("action", True),
        *refused,
        ("service", "stopped"),
    ]
    denials = [e for e in door.events() if e.data.get("reason") == "not_live"]
    assert all(event.data["vetoes"] for event in denials)
    action = next(event for event in door.events() if event.kind == "action")
    assert action.data["action"] == "command echo"
    # The demo neither opens the real lock nor enrols anybody at the real door.
    assert opened(door) == []
    assert door.people() == []
    events = door("events", "--json").lines
    assert [line["person"] for line in events if line["kind"] == "action"] == [DEMO_PERSON]


@pytest.fixture
def chosen(understand):
    """The configuration that `run` takes with these options."""

    def of(site, *argv: str):
        return accepted_source(understand("run", "--config", site.config, *argv).options).start()

    return of


def test_the_source_named_wins_over_the_configured_one(site, chosen) -> None:
    site.configure(camera={"source": "usb:3"})
    assert chosen(site).camera.source == "usb:3"
    assert chosen(site, "--source", "rtsp://door/1").camera.source == "rtsp://door/1"
    assert chosen(site, "--source", "x.mp4").gallery.folder == site.folder / "enrolled"


@pytest.mark.parametrize(
    ("camera", "argv", "source"),
    [
        (None, ["--or-demo"], "demo"),
        ("/dev/video0", ["--or-demo"], "auto"),
        (None, [], "auto"),
        (None, ["--or-demo", "--source", "usb:1"], "usb:1"),
    ],
)
def test_the_demo_stands_in_for_a_missing_camera_only_when_it_may(
    site, chosen, camera: str | None, argv: list[str], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessctl.camera.choose.first_usb_camera", lambda: camera)
    config = chosen(site, *argv)
    assert config.camera.source == source
    kept_apart = config.gallery.folder == site.folder / "state" / "demo"
    assert kept_apart == (source == "demo")


def test_one_signal_asks_to_stop_and_a_second_ctrl_c_insists() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_on_signals() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_ctrl_c_asks_to_stop() -> None:
    with stop_on_signals() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()


def test_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    run.show([], {}, as_json=True)
    assert capsys.readouterr().out == ""


@models
@pytest.mark.parametrize("how", ["full", "broken"])
def test_nobody_to_show_it_to_ends_no_door(eileen, film, how: str) -> None:
    if how == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    command = ["run", "--json", "--fast", "--source", str(film(*TWO_VISITS))]
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
    assert [word for kind, word in told(eileen) if kind == "decision"] == ["unknown", "granted"]


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


@models
def test_a_standard_output_that_was_closed_ends_no_door(eileen, film) -> None:
    """Nor is another file opened in its place and written into."""
    words = ["run", "--json", "--fast", "--source", str(film(*TWO_VISITS))]
    command = [sys.executable, "-m", "accessctl", *words, "--config", str(eileen.config)]
    ended = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert [word for kind, word in told(eileen) if kind == "decision"] == ["unknown", "granted"]


@models
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
    assert told(eileen)[1:] == [
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


@models
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
    enrolled = time.monotonic()
    while ask(sock, "status")["people"] != 2:
        assert time.monotonic() - enrolled < 2
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
    assert told(eileen)[1:] == [
        ("service", "started"),
        ("service", "reloaded"),
        ("service", "reload_refused"),
        ("service", "reload_refused"),
        ("service", "stopped"),
    ]


@models
def test_the_journal_hears_of_a_decision_without_a_name(
    eileen, film, manager, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(eileen.folder / "notify"))
    caplog.set_level("INFO")
    said = eileen("run", "--fast", "--source", film(*TWO_VISITS))
    assert (said.code, said.out) == (0, "")
    decided = [record for record in caplog.records if hasattr(record, "outcome")]
    assert len(decided) == 2
    assert all(record.visit and record.message.startswith("A visit was") for record in decided)
    assert "Eileen" not in caplog.text


ASKED = Asked("v1", Prompt("Look up, then look back here.", "look_up", 1, 2))


def test_what_a_visitor_is_asked_for_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    tell = asker(RunOptions(), {})
    tell([ASKED])
    assert capsys.readouterr().out.split(maxsplit=1) == [
        "asked",
        "Look up, then look back here.\n",
    ]
    asker(RunOptions(json=True), {})([ASKED])
    assert json.loads(capsys.readouterr().out) == {
        "kind": "prompt",
        "visit": "v1",
        "prompt": "Look up, then look back here.",
        "ask": "look_up",
        "step": 1,
        "steps": 2,
    }


def test_a_service_prints_no_prompts(capsys: pytest.CaptureFixture[str]) -> None:
    asker(RunOptions(), {"NOTIFY_SOCKET": "/run/notify"})([ASKED])
    assert capsys.readouterr().out == ""
