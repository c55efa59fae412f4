"""`rules` and `pin`, as an owner uses them."""

import getpass
import io
import json
import os
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from accessctl.cli import rules
from accessctl.config import GalleryConfig
from accessctl.control.server import ControlServer
from accessctl.domain import PersonId, PersonRules
from accessctl.door.second_factor import SecondFactor, second_factor_handlers
from accessctl.errors import FaultError, InputError, UnknownPersonError
from accessctl.gallery.person import hash_pin, pin_matches
from accessctl.gallery.store import open_gallery
from accessctl.policy.circumstances import Proof

CONFIG = {
    "access": {
        "timezone": "Europe/Berlin",
        "schedules": {"office": [{"days": ["thu"], "opens": "08:00", "closes": "18:00"}]},
        "groups": {"staff": {"schedule": "office"}, "store": {"doors": ["back"]}},
    },
    "service": {"socket": "here.sock"},
}


@pytest.fixture
def house(tmp_path: Path, grace: PersonId) -> Path:
    """A folder with a configuration, where Grace is enrolled."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    return tmp_path


def kept(house: Path) -> PersonRules | None:
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        return gallery.rules().get(gallery.person("Grace").id)


def is_pin_of_grace(house: Path, typed: str) -> bool:
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        kept = gallery.pins().get(gallery.person("Grace").id)
    return kept is not None and pin_matches(typed, kept)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_rules_are_set_shown_and_written_down(
    house: Path, run, changes, capsys: pytest.CaptureFixture[str]
) -> None:
    run("rules", "grace", "--group", "staff", "--from", "2026-12-01", "--until", "2026-12-24")
    assert kept(house) == PersonRules(
        ("staff",), epoch("2026-12-01T00:00+01:00"), epoch("2026-12-25T00:00+01:00")
    )
    assert capsys.readouterr().out == (
        "Grace: in staff; from 2026-12-01T00:00+01:00; until 2026-12-25T00:00+01:00.\n"
    )
    run("rules", "Grace", "--disable")
    run("rules", "Grace", "--group", "none", "--from", "none", "--until", "none", "--enable")
    assert kept(house) == PersonRules()
    assert [event["change"] for event in changes()] == ["rules_changed"] * 3
    capsys.readouterr()
    run("rules", "Grace", "--json")
    shown = json.loads(capsys.readouterr().out)
    del shown["id"]
    assert shown == {
        "person": "Grace",
        "groups": [],
        "from": None,
        "until": None,
        "disabled": False,
        "life_by_pin": False,
        "pin": False,
    }
    assert len(changes()) == 3


def test_a_pin_in_place_of_life_is_allowed_and_taken_back(
    house: Path, run, changes, capsys: pytest.CaptureFixture[str]
) -> None:
    run("rules", "Grace", "--life-by-pin")
    assert kept(house) == PersonRules(life_by_pin=True)
    assert capsys.readouterr().out == (
        "Grace: in no group; a PIN may stand in for life, and none is set: accessctl pin set.\n"
    )
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        gallery.set_pin(gallery.person("Grace").id, hash_pin("270846", os.urandom))
    run("rules", "Grace", "--disable")
    assert kept(house) == PersonRules(disabled=True, life_by_pin=True)
    assert capsys.readouterr().out == (
        "Grace: disabled; in no group; with a PIN, which may stand in for life.\n"
    )
    run("rules", "Grace", "--enable", "--no-life-by-pin")
    assert kept(house) == PersonRules()
    assert [event["change"] for event in changes()] == ["rules_changed"] * 3


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (("Grace", "--group", "stuff"), InputError),
        (("Grace", "--from", "soon"), InputError),
        (("Grace", "--from", "2026-12-02", "--until", "2026-12-01T12:00"), InputError),
        (("Nobody", "--disable"), UnknownPersonError),
    ],
)
def test_rules_that_cannot_be_meant_change_nothing(
    house: Path, run, argv: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run("rules", *argv)
    assert kept(house) is None


def test_a_pin_is_set_and_cleared_and_never_shown(
    house: Path, run, changes, capsys: pytest.CaptureFixture[str]
) -> None:
    run("pin", "set", "grace", typed="270818\n")
    assert capsys.readouterr().out == "Grace has a new PIN.\n"
    assert is_pin_of_grace(house, "270818")
    run("rules", "Grace")
    assert capsys.readouterr().out == "Grace: in no group; with a PIN.\n"
    run("pin", "clear", "Grace")
    assert not is_pin_of_grace(house, "270818")
    assert changes() == [{"change": "pin_changed"}] * 2
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
def test_a_pin_that_cannot_be_meant_changes_nothing(
    house: Path, run, argv: tuple[str, ...], typed: str, error: type[Exception]
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
    args = rules.PinOptions(name="Grace", config=house / "config.yaml")
    with pytest.raises(InputError, match="differ"):
        rules.run_set(args)
    assert not is_pin_of_grace(house, "270818")
    rules.run_set(args)
    assert is_pin_of_grace(house, "270818")


def test_enter_asks_the_running_door(house: Path, run, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[Path, str, dict[str, Any]]] = []

    def ask(path: Path, command: str, **fields: Any) -> dict[str, Any]:
        asked.append((path, command, fields))
        return {"message": "Accepted."}

    run("pin", "enter", typed="270818\n", ask=ask)
    assert asked == [(house / "here.sock", "pin", {"pin": "270818"})]
    assert capsys.readouterr().out == "Accepted.\n"


class Attempts:
    def locked_out(self, person: PersonId) -> bool:
        return False

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        return None


def test_enter_reaches_the_visit_that_waits(
    house: Path, grace: PersonId, run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("pin", "set", "Grace", typed="270818\n")
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        pins = gallery.pins()
    factor = SecondFactor(pins.get, Attempts(), count(0.0, 10.0).__next__)
    with ControlServer(house / "here.sock", second_factor_handlers(factor)):
        with pytest.raises(InputError, match="look into the camera first"):
            run("pin", "enter", typed="270818\n")
        factor.ask("v", grace, "pin", 20.0)
        with pytest.raises(InputError, match="Wrong PIN"):
            run("pin", "enter", typed="270819\n")
        capsys.readouterr()
        run("pin", "enter", typed="270818\n")
    assert capsys.readouterr().out == "Accepted.\n"
    assert factor.state_of("v", grace, "pin", 1.0) is Proof.SHOWN


def test_enter_without_a_door_is_one_sentence(house: Path, run) -> None:
    with pytest.raises(FaultError, match="No door is running"):
        run("pin", "enter", typed="270818\n")
