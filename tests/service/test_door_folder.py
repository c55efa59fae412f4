import os
from pathlib import Path

import pytest

from accessctl.bundled import release
from accessctl.camera.usb_device import CameraIdentity
from accessctl.config import load_config
from accessctl.errors import FaultError, InputError
from accessctl.service.door_folder import make_door, starter

USB = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
BUILT_IN = CameraIdentity("video0", None, None, None, "bcm2835", virtual=False)
LOOPBACK = CameraIdentity("video1", None, None, "OBS", "v4l2loopback", virtual=True)
EVIL = CameraIdentity(
    "video0", "dead:beef", None, "x\npolicy: {min_frames: 1}", "uvc", virtual=False
)
TEMPLATE = (release() / "config.yaml").read_text(encoding="utf-8")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_a_doors(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "door"
    file = make_door(folder, [("/dev/video1", LOOPBACK), ("/dev/video0", USB)])
    assert file == folder / "config.yaml"
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "config.yaml": 0o600,
        "enrolled": 0o700,
        "state": 0o700,
    }
    config = load_config(file)
    assert config.gallery.folder == folder / "enrolled"
    assert config.audit.file == folder / "state/events.sqlite"
    assert (config.encoder.folder / "card.yaml").is_file()
    assert config.camera.usb_id == "046d:0825"
    assert "# found: /dev/video0, Webcam C270 (046d:0825, serial 5FB1)" in file.read_text()


def test_a_camera_that_is_not_on_usb_is_told_and_not_pinned(tmp_path: Path) -> None:
    file = make_door(tmp_path, [("/dev/video0", BUILT_IN)])
    assert load_config(file).camera.usb_id is None
    assert "# found: /dev/video0, a built-in camera (bcm2835)" in file.read_text()


def test_a_virtual_camera_is_never_the_one(tmp_path: Path) -> None:
    assert load_config(make_door(tmp_path, [("/dev/video1", LOOPBACK)])).camera.usb_id is None


def test_without_cameras_it_is_the_releases_configuration() -> None:
    assert starter(TEMPLATE, []) == TEMPLATE


def test_what_a_camera_calls_itself_sets_nothing(tmp_path: Path) -> None:
    file = make_door(tmp_path, [("/dev/video0", EVIL)])
    assert load_config(file).policy.min_frames == 3


@pytest.mark.parametrize("name", ["config.yaml", "enrolled", "state"])
@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_nothing_is_overwritten(tmp_path: Path, name: str, kind: str) -> None:
    there = tmp_path / name
    if kind == "file":
        there.write_text("mine")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=f"{name} is there already, so nothing was changed"):
        make_door(tmp_path, [])
    assert os.listdir(tmp_path) == [name]


def test_what_was_begun_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FaultError, match="No space left on device"):
        make_door(tmp_path, [])
    assert os.listdir(tmp_path) == []


def test_where_a_file_stands_no_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "door").write_text("a file")
    with pytest.raises(FaultError, match="name one that you may write to"):
        make_door(tmp_path / "door" / "inner", [])
