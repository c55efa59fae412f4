"""`accessctl doorway ...` against a control socket that a test answers."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from accessctl.cli.doorway import _tried, doorway_lines, operator, seconds_wanted
from accessctl.config import load_config
from accessctl.control.server import ControlServer
from accessctl.errors import InputError

WELL: dict[str, Any] = {
    "state": "unlocked",
    "posture": "open_hours",
    "face_entry": True,
    "unlocked": True,
    "causes": ["open_hours"],
    "alarms": [],
    "lost": [],
    "failed": [],
    "exit_stuck": False,
    "unrecorded": 0,
}
ILL = {
    **WELL,
    "state": "forced",
    "posture": "normal",
    "unlocked": False,
    "causes": [],
    "face_entry": False,
    "alarms": ["forced", "output"],
    "lost": ["exit"],
    "failed": ["lock"],
    "exit_stuck": True,
    "unrecorded": 3,
}


class PlayedDoor:
    """Answers as a door would; `refuses` is its sentence."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.report = WELL
        self.refuses: str | None = None

    def __call__(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(dict(fields))
        if self.refuses is not None:
            raise InputError(self.refuses)
        return {"doorway": self.report}


@pytest.fixture
def played(site) -> Iterator[PlayedDoor]:
    door = PlayedDoor()
    socket: Path = site.folder / "state" / "door.sock"
    socket.parent.mkdir(exist_ok=True)
    with ControlServer(socket, {"doorway": door}):
        yield door


def test_the_status_of_a_doorway(site, played: PlayedDoor) -> None:
    said = site("doorway", "status")
    assert (said.code, said.err) == (0, "")
    assert said.out == "doorway     unlocked, unlocked (open_hours), posture open_hours\n"
    assert played.asked == [{"do": "report"}]
    played.report = ILL
    assert site("doorway", "status").code == 1
    assert site("doorway", "status", "--json").lines == [ILL]


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (("open",), {"do": "open"}),
        (("release",), {"do": "release"}),
        (("acknowledge",), {"do": "acknowledge"}),
        (("face-entry", "off"), {"do": "face_entry", "on": False}),
        (("posture", "locked_down"), {"do": "posture", "posture": "locked_down"}),
        (
            ("posture", "open_hours", "--for", "90"),
            {"do": "posture", "posture": "open_hours", "seconds": 5400.0},
        ),
    ],
)
def test_a_command_goes_to_the_door_with_its_operator(
    site, played: PlayedDoor, words: tuple[str, ...], fields: dict[str, Any]
) -> None:
    assert site("doorway", *words).code == 0
    (asked,) = played.asked
    assert asked.pop("operator")
    assert asked == fields


def test_a_refusal_is_the_doors_own_sentence(site, played: PlayedDoor) -> None:
    played.refuses = "The door stands open."
    said = site("doorway", "open")
    assert said.code == 2
    assert "The door stands open." in said.err


def test_a_time_goes_with_open_hours_only(site, played: PlayedDoor) -> None:
    assert site("doorway", "posture", "locked_down", "--for", "5").code == 2
    assert played.asked == []


def test_a_test_needs_somebody_at_the_keyboard(site) -> None:
    said = site("doorway", "test")
    assert said.code == 2
    assert "Somebody has to stand at the door" in said.err


def test_a_running_door_is_not_tested_beside_itself(site, played: PlayedDoor) -> None:
    site.configure(doorway={"lock": {"type": "shelly", "url": "http://127.0.0.1:9"}})
    with pytest.raises(InputError, match="stop it for the test"):
        _tried(load_config(site.config), "janitor", 1.0, print, input)


def test_a_lock_that_does_not_answer_does_not_work(site) -> None:
    lock = {"type": "shelly", "url": "http://127.0.0.1:9", "timeout_s": 1}
    site.configure(doorway={"lock": lock})
    said: list[str] = []
    assert not _tried(load_config(site.config), "janitor", 1.0, said.append, lambda _: "y")
    assert said[-1] == "lock: DOES NOT WORK"
    states = [event.data["state"] for event in site.events()]
    assert states == ["tested"]


def test_without_lines_there_is_nothing_to_test(site) -> None:
    with pytest.raises(InputError, match="Nothing hangs on this door"):
        _tried(load_config(site.config), "janitor", 1.0, print, input)


NOON = datetime(2026, 11, 29, 12, 0)


@pytest.mark.parametrize(
    ("minutes", "until", "seconds"),
    [
        (None, None, None),
        (1.5, None, 90.0),
        (None, "12:30", 1800.0),
        (None, "11:00", 23 * 3600.0),
        (None, "12:00", 24 * 3600.0),
    ],
)
def test_how_long_a_posture_lasts(
    minutes: float | None, until: str | None, seconds: float | None
) -> None:
    assert seconds_wanted(minutes, until, NOON) == seconds


@pytest.mark.parametrize(("minutes", "until"), [(5.0, "18:00"), (None, "25:00"), (None, "six")])
def test_what_is_no_time_is_refused(minutes: float | None, until: str) -> None:
    with pytest.raises(InputError):
        seconds_wanted(minutes, until, NOON)


def test_who_is_at_the_keyboard() -> None:
    assert operator({}, 0) == "root"
    assert operator({"SUDO_USER": "grace"}, 0) == "grace as root"
    assert operator({"SUDO_USER": "a\nb"}, 0).isprintable()
    assert operator({}, 4_000_000) == "4000000"


def test_everything_that_is_wrong_is_told() -> None:
    told = "\n".join(doorway_lines(ILL))
    for word in ("forced, locked, posture normal", "ALARM: forced, output", "face entry is off"):
        assert word in told
    for word in ("read: exit", "obey: lock", "sticks", "3 records wait"):
        assert word in told
    assert next(doorway_lines({"state": "not_taken"})).endswith("another program may hold them")
