"""`controller set`, `clear` and `pair`, as an owner uses them."""

import json
from pathlib import Path

import pytest
import yaml

from accessctl.config import GalleryConfig, load_config
from accessctl.control.server import ControlServer
from accessctl.domain import PersonId
from accessctl.doorway.controller_key import keep_key, key_file, read_key
from accessctl.errors import FaultError, InputError, UnknownPersonError
from accessctl.gallery.person import ControllerNumber
from accessctl.gallery.store import open_gallery
from tests.doorway.control_panel import ADDRESS, KEY, OTHER_KEY, Wire, panel


@pytest.fixture
def wire(tmp_path: Path):
    there = Wire(tmp_path / "tty")
    yield there
    there.cut()


@pytest.fixture
def folder(tmp_path: Path, wire: Wire) -> Path:
    """With a configuration whose controller is at the other end of `wire`."""
    section = {"type": "osdp", "device": str(wire.device), "address": ADDRESS}
    config = {"doorway": {"controller": section}, "service": {"socket": "here.sock"}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def kept(folder: Path, grace: PersonId) -> ControllerNumber | None:
    with open_gallery(GalleryConfig(folder=folder / "enrolled"), {}) as gallery:
        return gallery.controller_number(grace)


def test_a_number_is_set_and_cleared_and_never_shown(folder, grace, run, changes, capsys):
    run("controller", "set", "grace", typed="23:54711\n")
    assert capsys.readouterr().out == "Grace has a new controller number.\n"
    assert kept(folder, grace) == ControllerNumber(54711, 23)
    run("controller", "clear", "Grace")
    assert kept(folder, grace) is None
    assert changes() == [{"change": "controller_number_changed"}] * 2
    files = [*(folder / "state").iterdir(), *(folder / "enrolled").iterdir()]
    written = b"".join(file.read_bytes() for file in files)
    assert b"54711" not in written


@pytest.mark.parametrize(
    ("argv", "typed", "error"),
    [
        (("set", "Grace"), "", InputError),
        (("set", "Grace"), "word\n", InputError),
        (("set", "Grace"), "4711\n", InputError),  # no facility code anywhere
        (("set", "Grace"), "23:70000\n", InputError),
        (("set", "Nobody"), "23:4711\n", UnknownPersonError),
        (("clear", "Nobody"), "", UnknownPersonError),
    ],
)
def test_a_number_that_cannot_be_meant_changes_nothing(folder, grace, run, argv, typed, error):
    with pytest.raises(error) as refused:
        run("controller", *argv, typed=typed)
    assert kept(folder, grace) is None
    assert "4711" not in str(refused.value)


def test_pairing_keeps_the_key_that_the_controller_hands_out(folder, wire, run, grace, capsys):
    with panel(wire, KEY, installs=True):
        assert run("controller", "pair", "--seconds", "60") == 0
    config = load_config(folder / "config.yaml")
    assert read_key(config, {}) == KEY
    said = capsys.readouterr().out
    assert f"the key is in {key_file(config)}" in said
    assert KEY.hex() not in said


def test_a_key_that_is_there_is_replaced_on_request_only(folder, wire, run, grace):
    config = load_config(folder / "config.yaml")
    keep_key(key_file(config), OTHER_KEY)
    with pytest.raises(InputError, match="--replace"):
        run("controller", "pair")
    with pytest.raises(FaultError, match="No controller handed out a key"):
        run("controller", "pair", "--replace", "--seconds", "1")
    assert read_key(config, {}) == OTHER_KEY
    with panel(wire, KEY, installs=True):
        run("controller", "pair", "--replace", "--seconds", "60")
    assert read_key(config, {}) == KEY


def test_a_running_door_holds_the_line(folder, run, grace):
    with (
        ControlServer(folder / "here.sock", {"status": lambda _: json.loads("{}")}),
        pytest.raises(InputError, match="The door is running"),
    ):
        run("controller", "pair")


def test_without_a_controller_there_is_nothing_to_pair(tmp_path, run, grace):
    (tmp_path / "config.yaml").write_text("{}\n")
    with pytest.raises(InputError, match=r"doorway\.controller"):
        run("controller", "pair")
