"""`pin`, and what `rules` and `policy test` say of it and of passback."""

import getpass
import io
import json
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.cli import pin
from accessctl.config import GalleryConfig
from accessctl.domain import Event, EventKind, PersonId
from accessctl.door.second_factor import SecondFactor, second_factor_handlers
from accessctl.errors import FaultError, InputError, UnknownPersonError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.pins import matches
from accessctl.gallery.store import open_gallery
from accessctl.policy.circumstances import Proof
from accessctl.service.control import ControlServer

Run = Callable[..., int]

CONFIG = {
    "access": {"direction": "in", "anti_passback": "hard"},
    "policy": {"second_factor": "pin"},
    "service": {"socket": "here.sock"},
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    with open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery:
        gallery.add_person(
            "Grace",
            NewPhoto(
                jpeg=b"jpeg",
                embedding=random_units(1, 8, 1)[0],
                fingerprint="e",
                quality=0.9,
                added=1000.0,
            ),
        )
    return tmp_path


@pytest.fixture
def run(house: Path, monkeypatch: pytest.MonkeyPatch, understand) -> Run:
    def perform(*argv: str, typed: str = "") -> int:
        typed_words = understand(*argv, "--config", house / "config.yaml")
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code: int = typed_words.run()
        return code

    return perform


def person(house: Path) -> PersonId:
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        return gallery.person("Grace").id


def is_pin_of_grace(house: Path, typed: str) -> bool:
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        kept = gallery.pins().get(gallery.person("Grace").id)
    return kept is not None and matches(typed, kept)


def events(house: Path) -> list[dict[str, Any]]:
    with EventLog(house / "state" / "events.sqlite") as log:
        return [
            dict(event.data)
            for _, event in log.query()
            if not str(event.data.get("state")).startswith("gallery_")
        ]


def test_a_pin_is_set_and_cleared_and_never_shown(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("pin", "set", "grace", typed="270818\n")
    assert capsys.readouterr().out == "Grace has a new PIN.\n"
    assert is_pin_of_grace(house, "270818")
    run("rules", "Grace")
    assert capsys.readouterr().out == "Grace: in no group; with a PIN.\n"
    run("pin", "clear", "Grace")
    assert not is_pin_of_grace(house, "270818")
    assert events(house) == [{"change": "pin_changed"}] * 2
    written = b"".join(file.read_bytes() for file in (house / "state").iterdir())
    assert b"270818" not in written


@pytest.mark.parametrize(
    ("argv", "typed", "error"),
    [
        (("set", "Grace"), "", InputError),
        (("set", "Grace"), "12\n", InputError),
        (("set", "Grace"), "1234\n", InputError),
        (("set", "Nobody"), "270818\n", UnknownPersonError),
        (("clear", "Nobody"), "", UnknownPersonError),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    house: Path, run: Run, argv: tuple[str, ...], typed: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run("pin", *argv, typed=typed)
    assert not is_pin_of_grace(house, typed.strip())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_is_typed_twice_unseen(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["270818", "270819", "270818", "270818"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    args = pin.PinOptions(name="Grace", config=house / "config.yaml")
    with pytest.raises(InputError, match="differ"):
        pin.run_set(args)
    assert not is_pin_of_grace(house, "270818")
    pin.run_set(args)
    assert is_pin_of_grace(house, "270818")


def test_enter_asks_the_running_door(
    house: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Path, str, dict[str, Any]]] = []

    def ask(path: Path, command: str, **fields: Any) -> dict[str, Any]:
        asked.append((path, command, fields))
        return {"message": "Accepted."}

    monkeypatch.setattr(pin, "ask", ask)
    run("pin", "enter", typed="270818\n")
    assert asked == [(house / "here.sock", "pin", {"pin": "270818"})]
    assert capsys.readouterr().out == "Accepted.\n"


class Attempts:
    def locked_out(self, person: PersonId) -> bool:
        return False

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        return None


def test_enter_reaches_the_visit_that_waits(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("pin", "set", "Grace", typed="270818\n")
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        pins = gallery.pins()
    factor = SecondFactor(pins.get, Attempts(), count(0.0, 10.0).__next__)
    with ControlServer(house / "here.sock", second_factor_handlers(factor)):
        with pytest.raises(InputError, match="look into the camera first"):
            run("pin", "enter", typed="270818\n")
        factor.ask("v", person(house), "pin", 20.0)
        with pytest.raises(InputError, match="Wrong PIN"):
            run("pin", "enter", typed="270819\n")
        capsys.readouterr()
        run("pin", "enter", typed="270818\n")
    assert capsys.readouterr().out == "Accepted.\n"
    assert factor.state_of("v", person(house), "pin", 1.0) is Proof.SHOWN


def test_enter_without_a_door_is_one_sentence(run: Run) -> None:
    with pytest.raises(FaultError, match="No door is running"):
        run("pin", "enter", typed="270818\n")


def said(run: Run, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    run("policy", "test", "--person", "Grace", "--json")
    return json.loads(capsys.readouterr().out)


def test_policy_test_says_what_is_asked_and_who_is_inside(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    without = said(run, capsys)
    assert (without["allowed"], without["reason"]) == (False, "second_factor_missing")
    assert without["second_factor"] == "pin"
    run("pin", "set", "Grace", typed="270818\n")
    with_pin = said(run, capsys)
    assert (with_pin["allowed"], with_pin["reason"]) == (True, None)
    assert with_pin["because"][-1] == "Allowed by the rules, once the PIN is entered."
    entered = {"decision": "granted", "direction": "in", "area": "inside"}
    with EventLog(house / "state" / "events.sqlite") as log:
        log.append(Event(time.time() - 3600, EventKind.DECISION, entered, person(house)))
    inside = said(run, capsys)
    assert (inside["allowed"], inside["reason"]) == (False, "passback")
    assert "Went in 1.0 h ago and not out since" in " ".join(inside["because"])
