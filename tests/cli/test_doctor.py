import json
import os
import socket

import pytest

from accessctl.camera.usb import NO_CAMERA
from accessctl.camera.usb_device import CameraIdentity
from accessctl.cli.main import main
from accessctl.control.server import ControlServer
from accessctl.service.camera_checks import CameraSample, Listed

KEYS = ["level", "subject", "sentence"]


@pytest.fixture
def bare(site, tmp_path):
    """A machine with neither camera nor GPU, whatever this one has."""
    site.parts["root"] = tmp_path / "machine"


def by_subject(said):
    found = {}
    for line in said.lines:
        assert list(line) == KEYS
        found.setdefault(line["subject"], []).append(line)
    return found


@pytest.mark.usefixtures("bare")
def test_no_camera_no_gpu_and_a_broken_configuration(site):
    site.config.write_text("camra: {}\n")
    said = site("doctor")
    assert said.code == 2
    lines = [line.split(maxsplit=2) for line in said.out.splitlines()]
    told = {subject: (level, sentence) for level, subject, sentence in lines}
    assert told["config"] == (
        "failure",
        f"{site.config}: unknown key 'camra'; `accessctl config explain` lists the known ones.",
    )
    assert told["camera"] == ("failure", NO_CAMERA)
    assert told["gpu"] == ("ok", "There is no GPU; the encoder runs on the CPU.")
    assert [level for level, *_ in lines if level == "failure"] == ["failure"] * 2
    assert said.err == ""


@pytest.mark.usefixtures("bare")
def test_without_a_configuration(site):
    site.config.unlink()
    said = site("doctor", "--json")
    assert said.code == 2
    (config,) = by_subject(said)["config"]
    assert config["level"] == "failure"
    assert "Cannot read the configuration" in config["sentence"]


@pytest.mark.usefixtures("bare")
def test_a_door_that_works_but_for_its_camera(door):
    said = door("doctor", "--json")
    found = by_subject(said)
    assert said.code == 1
    failures = [line["subject"] for line in said.lines if line["level"] == "failure"]
    assert failures == ["camera"]
    assert found["config"][0]["sentence"] == f"{door.config} is in order."
    assert "can be run" in found["actions"][0]["sentence"]
    assert "A frame went through" in found["self test"][0]["sentence"]
    assert not (door.folder / "opened").exists()
    assert {"python", "libraries", "opencv", "models", "encoder", "clock", "disk"} <= found.keys()


@pytest.mark.usefixtures("bare")
def test_everything_works(door, film):
    quick = {"source": str(film(("collins", 20))), "fps": 30}
    door.configure(
        camera=quick | {"open_timeout_s": 120, "read_timeout_s": 60},
        actions={"granted": [{"type": "command", "argv": ["true"]}]},
    )
    said = door("doctor")
    assert said.code == 0, said.out
    assert "failure" not in said.out


@pytest.mark.usefixtures("bare")
def test_a_pin_that_nobody_has_set_is_told(site):
    site.put("Grace")
    site("rules", "Grace", "--life-by-pin")
    (line,) = by_subject(site("doctor", "--json"))["people"]
    assert line["level"] == "warning"
    assert line["sentence"].endswith("run: accessctl pin set Grace")


@pytest.mark.usefixtures("bare")
def test_a_running_door_is_asked_for_its_camera(site, tmp_path):
    camera = {"description": "USB camera", "state": "lost", "error": "It was unplugged."}
    report = {"camera": camera}
    with ControlServer(tmp_path / "state" / "door.sock", {"status": lambda _: report}):
        (line,) = by_subject(site("doctor", "--json"))["camera"]
    assert line["sentence"] == "The running door has lost it: It was unplugged."


@pytest.mark.usefixtures("bare")
def test_a_running_door_is_asked_for_its_infrared_camera(site, tmp_path):
    camera = {"description": "USB camera", "state": "lost", "error": "It was unplugged."}
    infrared = {"description": "USB camera /dev/video2", "error": "It is busy."}
    report = {"camera": camera, "infrared": infrared}
    with ControlServer(tmp_path / "state" / "door.sock", {"status": lambda _: report}):
        (line,) = by_subject(site("doctor", "--json"))["infrared"]
    assert line["sentence"] == "The running door finds nobody alive without it: It is busy."


@pytest.mark.usefixtures("bare")
def test_an_infrared_camera_that_is_not_there_is_a_failure(site):
    site.configure(
        camera={"source": "/dev/video97"}, liveness={"mode": "passive", "ir_source": "/dev/video98"}
    )
    (line,) = by_subject(site("doctor", "--json"))["infrared"]
    assert line["level"] == "failure"
    assert line["sentence"].startswith("There is no camera at /dev/video98; plug it in")


@pytest.mark.usefixtures("bare")
def test_what_a_dead_door_left_does_not_confuse_it(site, tmp_path):
    (tmp_path / "state").mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.fspath(tmp_path / "state" / "door.sock"))
    (line,) = by_subject(site("doctor", "--json"))["camera"]
    assert line["sentence"] == NO_CAMERA


@pytest.mark.usefixtures("bare")
def test_a_missing_model_is_told_once_by_each_that_needs_it(site, tmp_path):
    site.configure(vision={"models": str(tmp_path / "none")})
    found = by_subject(site("doctor", "--json"))
    for subject in ("models", "self test"):
        (line,) = found[subject]
        assert line["level"] == "failure"
        assert "run `accessctl models fetch`" in line["sentence"]


REAL = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)

OTHER = CameraIdentity("video2", None, None, None, "v4l2loopback", virtual=True)


class TwoCameras:
    """Runs `accessctl cameras` where two are attached; hears with which configuration."""

    def __init__(self):
        self.asked = []

    def __call__(self, typed):
        return typed.verb.run(typed.options, listing=self._listing)

    def _listing(self, config):
        self.asked.append(config)
        yield Listed("/dev/video0", REAL, CameraSample(29.96, 1280, 720, 0.4), None)
        yield Listed("/dev/video2", OTHER, None, "It is virtual.")


@pytest.fixture
def two():
    return TwoCameras()


def test_a_table_of_what_is_attached(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["cameras"], two) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["DEVICE", "/dev/video0", "/dev/video2"]
    assert "Webcam C270 (046d:0825, serial 5FB1)" in lines[1]
    assert lines[1].endswith("1280x720  30.0")
    assert lines[2].endswith("It is virtual.")


def test_cameras_as_json(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["cameras", "--json"], two) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "device": "/dev/video0",
        "product": "Webcam C270",
        "usb_id": "046d:0825",
        "serial": "5FB1",
        "driver": "uvcvideo",
        "virtual": False,
        "width": 1280,
        "height": 720,
        "fps": 30.0,
        "problem": None,
    }
    assert (second["width"], second["fps"], second["virtual"]) == (None, None, True)
    assert second["problem"] == "It is virtual."


def test_a_configuration_says_what_to_ask_of_a_camera(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("camera: {width: 640, height: 480}\n")
    assert main(["cameras"], two) == 0
    assert (two.asked[0].width, two.asked[0].height) == (640, 480)
    assert main(["cameras", "--config", str(tmp_path / "none.yaml")], two) == 2


def test_where_there_is_none_it_is_said_and_nothing_is_in_the_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def none(typed):
        return typed.verb.run(typed.options, listing=lambda config: iter(()))

    assert main(["cameras"], none) == 0
    assert capsys.readouterr().out.startswith("No camera is attached to this machine;")
    assert main(["cameras", "--json"], none) == 0
    assert capsys.readouterr().out == ""
