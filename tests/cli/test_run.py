import json
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from accessctl.camera.choose import source_from
from accessctl.camera.usb import locate_first
from accessctl.cli import run
from accessctl.cli.run import RunOptions, accepted_source, asker, stop_on_signals
from accessctl.demo.door import DEMO_PERSON
from accessctl.door.demands import Asked, Prompt
from tests.cli.running import models, opened

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


@models
def test_a_stranger_stays_out_and_somebody_enrolled_is_let_in_once(eileen, two_visits) -> None:
    said = eileen("run", "--json", "--fast", "--source", two_visits)
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
def test_all_of_it_is_on_record(eileen, two_visits) -> None:
    printed = eileen("run", "--json", "--fast", "--source", two_visits).lines
    assert eileen.told() == [
        ("person", "enrolled"),
        ("service", "started"),
        ("decision", "unknown"),
        ("decision", "granted"),
        ("action", True),
        ("service", "stopped"),
    ]
    listed = eileen("events", "--json").lines
    decided = [line for line in listed if line["kind"] == "decision"]
    # How the visitor was seen stands in the record alone.
    assert all(0 < line.pop("viewing")["light"] < 1 for line in decided)
    assert decided == printed
    assert "Eileen" not in repr(eileen.events())


@models
def test_the_lines_for_people_to_read(eileen, two_visits) -> None:
    said = eileen("run", "--fast", "--source", two_visits)
    stranger, known = said.out.splitlines()
    assert "unknown  (no_match)  similarity " in stranger
    assert "granted  Eileen Collins  (matched)  similarity " in known


@models
def test_who_is_still_there_at_the_end_is_decided(eileen, film) -> None:
    said = eileen("run", "--json", "--fast", "--source", film(("hopper", 2)))
    (line,) = said.lines
    assert (line["decision"], line["reason"]) == ("unknown", "left_early")
    assert eileen.told()[-2:] == [("decision", "unknown"), ("service", "stopped")]


@models
def test_an_action_that_fails_stops_nothing(eileen, film) -> None:
    (eileen.folder / "unlock").unlink()
    said = eileen("run", "--json", "--fast", "--source", film(("collins", 6)))
    assert said.code == 0
    assert [line["decision"] for line in said.lines] == ["granted"]
    assert eileen.told()[-3:] == [
        ("action", False),
        ("service", "entry_failed"),
        ("service", "stopped"),
    ]


@models
def test_after_so_many_seconds_it_ends(eileen, film) -> None:
    said = eileen("run", "--seconds", "0", "--source", film(("collins", 6)))
    assert (said.code, said.out) == (0, "")
    assert eileen.told()[1:] == [("service", "started"), ("service", "stopped")]
    assert opened(eileen) == []


@pytest.fixture
def bare(site, tmp_path: Path):
    """A door on a machine without cameras."""
    locate = partial(locate_first, sysfs=tmp_path / "sys")
    makers = site.parts["makers"]
    site.parts["makers"] = replace(makers, source=partial(source_from, locate=locate))
    return site


@models
def test_no_camera(bare) -> None:
    site = bare
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
def test_a_source_that_will_not_do(bare, source: str, code: int, why: str) -> None:
    site = bare
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
    assert site.told() == [("service", "started"), ("service", "fault")]


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
    assert door.told() == [
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

    def of(site, *argv: str, attached: str | None = None):
        options = understand("run", "--config", site.config, *argv).options
        return accepted_source(options, lambda: attached).start()

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
    site, chosen, camera: str | None, argv: list[str], source: str
) -> None:
    config = chosen(site, *argv, attached=camera)
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


@models
def test_a_run_by_a_weaker_file_goes_on_with_the_accepted_one(door, film, pictures, caplog) -> None:
    door("enroll", "Eileen Collins", pictures("collins"))
    door("run", "--fast", "--source", film(("nobody", 2)))
    content = door.config.read_text()
    door.config.write_text(content.replace("unknown_after_s: 0.2", "min_frames: 1"))
    door("run", "--fast", "--source", film(("nobody", 2), folder="again"))
    assert "min_frames: 3 -> 1" in caplog.text
    started = [event.data for event in door.events() if event.data.get("state") == "started"]
    assert started[0]["config"] == started[1]["config"]
    assert started[0]["lock"] == [str(door.folder / "unlock")]
    assert "config_not_accepted" in [event.data.get("state") for event in door.events()]
