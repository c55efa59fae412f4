import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from accessctl.cli.running_door import duration, lines
from accessctl.control.server import ControlServer
from accessctl.errors import ConfigError
from accessctl.sync.outbox import keep_receipt
from accessctl.sync.wire import LogReceipt

WATCHING = {
    "version": "0.1.0",
    "config": "/etc/accessctl/config.yaml",
    "uptime_s": 273906.4,
    "camera": {
        "description": "USB camera /dev/video0",
        "state": "watching",
        "error": None,
        "width": 1280,
        "height": 720,
        "fps": 14.9,
        "frame_age_s": 0.07,
        "frames": 12345,
        "dropped": 3,
        "reconnects": 1,
    },
    "watchdog": {"pings": 40, "age_s": 3.0},
    "actions": {"ok": 12, "failed": 1},
    "decisions": [
        {
            "time": 1_769_884_200.0,
            "outcome": "granted",
            "reason": "matched",
            "visit": "a1b2",
            "person": "Zoë",
            "latency_ms": 480.2,
        },
        {
            "time": 1_769_884_100.0,
            "outcome": "unknown",
            "reason": "no_match",
            "visit": "a1b1",
            "person": None,
            "latency_ms": 2100.0,
        },
    ],
    "door": "front",
    "people": 12,
    "encoder": "55533b28a958",
    "device": "cpu",
    "liveness": "passive",
    "lockout": {"refused": 2, "remaining_s": 0.0, "off": False},
}


@pytest.mark.usefixtures("in_utc")
def test_what_was_counted_of_this_place_is_a_line_of_its_own(site, answering):
    with answering(status=WATCHING | {"rate_here": "1.2 times the stated rate"}):
        assert "here        1.2 times the stated rate" in site("status").out.splitlines()


CAMERA_LESS = {"state": "starting", "error": None, "width": None, "height": None, "fps": 0.0}

STARTING = {
    "version": "0.1.0",
    "config": "config.yaml",
    "uptime_s": 1.0,
    "camera": CAMERA_LESS | {"frame_age_s": None, "frames": 0, "reconnects": 0},
    "watchdog": {"pings": 0, "age_s": None},
    "actions": {"ok": 0, "failed": 0},
    "decisions": [],
}


@pytest.fixture
def answering(site):
    """A door at the site's socket that gives each command its answer, or refuses with it."""

    def handler(answer: Mapping[str, Any] | ConfigError) -> Callable[..., Mapping[str, Any]]:
        def handle(_fields: Mapping[str, Any]) -> Mapping[str, Any]:
            if isinstance(answer, ConfigError):
                raise answer
            return answer

        return handle

    def serve(**answers: Mapping[str, Any] | ConfigError) -> ControlServer:
        handlers = {command: handler(answer) for command, answer in answers.items()}
        return ControlServer(site.folder / "state" / "door.sock", handlers)

    return serve


@pytest.fixture
def in_utc(monkeypatch):
    with monkeypatch.context() as there:
        there.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_utc")
def test_people_read_it_in_a_few_aligned_lines(site, answering):
    with answering(status=WATCHING):
        said = site("status")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "door        front, watching",
        "camera      USB camera /dev/video0, 1280x720",
        "frames      14.9 a second, the last 0.1 s ago; 12345 looked at, 3 dropped, 1 reconnects",
        "people      12",
        "encoder     55533b28a958 on cpu",
        "liveness    passive",
        "lockout     none; 2 refused attempts count",
        "actions     12 done, 1 failed",
        "running     3 d 04:05:06, accessctl 0.1.0",
        "config      /etc/accessctl/config.yaml",
        "decisions   2026-01-31 18:30:00  granted  Zoë  (matched)  after 480 ms  visit a1b2",
        "            2026-01-31 18:28:20  unknown  (no_match)  after 2100 ms  visit a1b1",
    ]


def test_more_people_than_the_calibration_suits_are_told_beside_their_number(site, answering):
    why = "Nobody can be let in with 8,334 people enrolled: raise policy.target_fpir."
    with answering(status=WATCHING | {"people": 8334, "beyond_calibration": why}):
        said = site("status").out.splitlines()
        (told,) = site("status", "--json").lines
    assert said[3:5] == ["people      8334", f"            {why}"]
    assert told["beyond_calibration"] == why
    with answering(status=WATCHING | {"beyond_calibration": None}):
        assert len(site("status").out.splitlines()) == 12


@pytest.mark.usefixtures("in_utc")
def test_how_far_the_log_is_at_the_hub(site, answering):
    site.configure(sync={"hub": "https://hub:8443"})
    with answering(status=WATCHING):
        assert (
            "hub         https://hub:8443 has nothing of this door's log yet; see `accessctl join`"
            in site("status").out.splitlines()
        )
        (site.folder / "state" / "sync").mkdir(parents=True)
        keep_receipt(
            site.folder / "state" / "sync",
            LogReceipt(number=7, hash="0" * 64, time=1769884200.0, signature="0" * 128),
        )
        said = site("status").out.splitlines()
        (told,) = site("status", "--json").lines
    line = "hub         https://hub:8443 has the log up to record 7, said at 2026-01-31 18:30:00"
    assert line in said
    assert told["hub"] == {"url": "https://hub:8443", "record": 7, "time": 1769884200.0}


SITE = {"age_s": 42.0, "age_known": True, "waiting": 0, "trouble": None, "settings_refused": []}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ["site        as the hub had them 00:00:42 ago"]),
        (
            {"waiting": 3, "trouble": "The hub is away."},
            [
                "site        as the hub had them 00:00:42 ago; 3 changes made here wait for it",
                "            The hub is away.",
            ],
        ),
        ({"age_s": None}, ["site        the hub has not said yet who may enter"]),
        (
            {"alone": True, "watched": True},
            [
                "site        as the hub had them 00:00:42 ago",
                "            other doors of its area are not heard of; its own log alone counts",
                "            somebody at the hub looks through its camera",
            ],
        ),
        (
            {"age_s": None, "age_known": False, "settings_refused": ["policy.attempts: 3 -> 9"]},
            [
                "site        since the machine was off nobody knows how old the hub's last word is",
                "            what the hub wants does not count: policy.attempts: 3 -> 9",
            ],
        ),
    ],
    ids=["young", "waiting", "never", "alone and watched", "lost"],
)
def test_how_old_the_people_are(site, answering, more, said):
    with answering(status=WATCHING | {"site": SITE | more}):
        lines = site("status").out.splitlines()
    at = lines.index(said[0])
    assert lines[at : at + len(said)] == said


def test_programs_read_one_object(site, answering):
    with answering(status=WATCHING):
        said = site("status", "--json")
    assert said.lines == [WATCHING]


def test_a_door_whose_camera_is_away_says_so(site, answering):
    lost = {"state": "lost", "error": "No camera is attached; plug one in.", "frame_age_s": None}
    with answering(status=WATCHING | {"camera": WATCHING["camera"] | lost}):
        said = site("status")
    assert said.code == 0
    assert said.out.splitlines()[:4] == [
        "door        front, lost",
        "camera      USB camera /dev/video0, 1280x720",
        "            No camera is attached; plug one in.",
        "frames      none yet",
    ]


def test_a_controller_has_a_line_of_its_own(site, answering):
    controller = {"state": "secure", "for_s": 65.0, "detail": "in the secure channel"}
    shows = {"led": "green", "text": "Hi\x1b[2J"}
    with answering(status=WATCHING | {"controller": controller | {"told": shows}}):
        said = site("status").out
    assert "controller  in the secure channel, for 00:01:05; it shows led green, text Hi" in said
    assert "\x1b" not in said


def test_an_infrared_camera_that_is_silent_says_so(site, answering):
    infrared = {"description": "USB camera /dev/video2", "error": None}
    with answering(status=WATCHING | {"infrared": infrared}):
        assert site("status").out.splitlines()[3] == "infrared    USB camera /dev/video2"
    with answering(status=WATCHING | {"infrared": infrared | {"error": "It was unplugged."}}):
        said = site("status").out.splitlines()
    assert said[3:5] == [
        "infrared    USB camera /dev/video2",
        "            nobody is found alive without it: It was unplugged.",
    ]


def test_a_door_that_is_starting():
    assert list(lines(STARTING))[:3] == [
        "door        ?, starting",
        "camera      not opened yet",
        "frames      none yet",
    ]


@pytest.mark.parametrize(
    ("lockout", "said"),
    [
        (
            {"refused": 5, "remaining_s": 12.6, "off": False},
            "for another 13 s; 5 refused attempts count",
        ),
        (
            {"refused": 50, "remaining_s": None, "off": True},
            "faces are off until `accessctl unlock-face`; 50 refused attempts count",
        ),
        (
            {"refused": 0.25, "remaining_s": 0.0, "off": False, "people": 2},
            "none; 0.25 refused attempts count",
        ),
        ({"error": "The disk is gone."}, "The disk is gone."),
    ],
)
def test_lockouts(lockout, said):
    assert f"lockout     {said}" in lines(WATCHING | {"lockout": lockout})


LINK = {
    "broker": "broker.lan:8883",
    "connected": True,
    "for_s": 3661.0,
    "tls": "TLSv1.3",
    "error": None,
    "missed": 0,
}


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({}, "connected to broker.lan:8883 for 01:01:01, TLSv1.3"),
        (
            {"tls": None, "missed": 4},
            "connected to broker.lan:8883 for 01:01:01, without TLS; 4 events not sent",
        ),
        (
            {"connected": False, "for_s": 90000.0, "error": "It does not answer.\x1b[2J"},
            "broker.lan:8883 is away for 1 d 01:00:00 (It does not answer.\\x1b[2J)",
        ),
    ],
)
def test_since_when_the_broker_is_connected_or_away(link, said):
    assert f"mqtt        {said}" in lines(WATCHING | {"mqtt": LINK | link})


def test_whoever_is_locked_out_by_their_own_refusals_is_named():
    locked_out = [
        {"person": "Ada", "remaining_s": None, "off": True},
        {"person": "Gr\x1bce", "remaining_s": 119.6, "off": False},
        {"person": None, "remaining_s": 5.0, "off": False},
    ]
    lockout = WATCHING["lockout"] | {"people": 5, "locked_out": locked_out}
    said = list(lines(WATCHING | {"lockout": lockout}))
    after = said.index("lockout     none; 2 refused attempts count") + 1
    assert said[after : after + 4] == [
        "            Ada is locked out until `accessctl unlock-face NAME`",
        "            Gr\\x1bce is locked out for another 120 s",
        "            somebody removed is locked out for another 5 s",
        "            2 more people are locked out",
    ]


def test_a_name_cannot_steer_the_terminal():
    hostile = WATCHING["decisions"][0] | {"person": "\x1b[2J\nX"}
    (line,) = [line for line in lines(WATCHING | {"decisions": [hostile]}) if "matched" in line]
    assert "\\x1b[2J\\nX" in line


def test_status_without_a_door_is_a_fault(site):
    said = site("status")
    assert (said.code, said.out) == (1, "")
    assert "No door is running" in said.err


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.9, "00:00:00"), (86399, "23:59:59"), (86400, "1 d 00:00:00")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_what_was_changed_is_said(site, answering) -> None:
    with answering(reload={"changed": ["policy.cooldown_s", "camera.fps"], "people": 3}):
        said = site("reload")
    assert said.out == "Reloaded: policy.cooldown_s, camera.fps; 3 people enrolled.\n"
    assert said.code == 0


def test_what_was_changed_as_json(site, answering) -> None:
    with answering(reload={"changed": [], "people": 3}):
        assert site("reload", "--json").lines == [{"changed": [], "people": 3}]
        assert site("reload").out == "Reloaded: nothing had changed; 3 people enrolled.\n"


def test_a_refusal_is_wrong_input(site, answering) -> None:
    with answering(reload=ConfigError("A running door cannot change encoder.folder.")):
        said = site("reload")
    assert (said.code, said.out) == (2, "")
    assert said.err == "accessctl: A running door cannot change encoder.folder.\n"


def test_a_configuration_that_cannot_be_read_is_refused_here_already(site, answering) -> None:
    with answering(reload={"changed": [], "people": 3}):
        site.config.write_text("colour: red\n")
        said = site("reload")
    assert (said.code, said.out) == (2, "")
    assert "unknown key 'colour'" in said.err


def test_reload_without_a_door_is_a_fault(site) -> None:
    said = site("reload")
    assert (said.code, said.out) == (1, "")
    assert "No door is running on" in said.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"badge_notice": "1,200 people are enrolled"}, ["badges      1,200 people are enrolled."]),
        (
            {"badges": {"waiting": True, "person": "Ada", "age_s": 2.6, "reader": None}},
            ["badge       of Ada, read 3 s ago; waits for a visitor"],
        ),
        (
            {"badges": {"waiting": True, "person": None, "age_s": 1.0, "reader": {"error": None}}},
            [
                "badge       of somebody removed, read 1 s ago; waits for a visitor",
                "reader      ready",
            ],
        ),
        (
            {"badges": {"waiting": False, "reader": {"error": "It is\x1b[2J lost."}}},
            ["reader      It is\\x1b[2J lost."],
        ),
    ],
)
def test_badges_are_told_where_there_are_any(more, said):
    before = list(lines(WATCHING))
    told = [line for line in lines(WATCHING | more) if line not in before]
    assert told == said
