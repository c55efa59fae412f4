import json

import pytest

from accessctl.camera.usb_device import CameraIdentity
from accessctl.cli.main import main
from accessctl.service import camera_checks
from accessctl.service.camera_checks import CameraSample, Listed

REAL = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
OTHER = CameraIdentity("video2", None, None, None, "v4l2loopback", virtual=True)


@pytest.fixture
def two(monkeypatch):
    asked = []

    def cameras(config):
        asked.append(config)
        yield Listed("/dev/video0", REAL, CameraSample(29.96, 1280, 720, 0.4), None)
        yield Listed("/dev/video2", OTHER, None, "It is virtual.")

    monkeypatch.setattr(camera_checks, "cameras", cameras)
    return asked


def test_a_table_of_what_is_attached(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["cameras"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["DEVICE", "/dev/video0", "/dev/video2"]
    assert "Webcam C270 (046d:0825, serial 5FB1)" in lines[1]
    assert lines[1].endswith("1280x720  30.0")
    assert lines[2].endswith("It is virtual.")


def test_as_json(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["cameras", "--json"]) == 0
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
    assert main(["cameras"]) == 0
    assert (two[0].width, two[0].height) == (640, 480)
    assert main(["cameras", "--config", str(tmp_path / "none.yaml")]) == 2


def test_where_there_is_none_it_is_said_and_nothing_is_in_the_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(camera_checks, "cameras", lambda config: iter(()))
    assert main(["cameras"]) == 0
    assert capsys.readouterr().out.startswith("No camera is attached to this machine;")
    assert main(["cameras", "--json"]) == 0
    assert capsys.readouterr().out == ""
