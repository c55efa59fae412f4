import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.camera import usb
from accessctl.camera.usb import UsbSource, first_usb_camera, locate_first
from accessctl.config import CameraConfig
from accessctl.errors import CameraError

PICTURE = np.full((2, 2, 3), (1, 2, 3), np.uint8)


@pytest.fixture
def device(tmp_path: Path) -> Path:
    path = tmp_path / "video0"
    path.touch()
    return path


def add_node(sysfs: Path, name: str, index: str) -> None:
    (sysfs / name).mkdir()
    (sysfs / name / "index").write_text(f"{index}\n")


def test_the_first_camera_is_the_lowest_that_gives_pictures(tmp_path: Path) -> None:
    add_node(tmp_path, "video0", "1")
    add_node(tmp_path, "video10", "0")
    add_node(tmp_path, "video4", "0")
    add_node(tmp_path, "video5", "1")
    (tmp_path / "video1").mkdir()
    (tmp_path / "videofoo").mkdir()
    assert first_usb_camera(tmp_path) == "/dev/video4"


def test_without_cameras_there_is_no_first_one(tmp_path: Path) -> None:
    assert first_usb_camera(tmp_path) is None
    assert first_usb_camera(tmp_path / "absent") is None


def test_no_camera_is_said_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb, "first_usb_camera", lambda: None)
    with pytest.raises(CameraError) as caught:
        locate_first()
    assert str(caught.value) == (
        "No camera is attached; plug one in, or name one with --source "
        "(for instance --source demo)."
    )


def test_a_camera_is_asked_for_its_mode_and_gives_rgb(device: Path, fake_capture: Any) -> None:
    capture = fake_capture([PICTURE])
    asked: list[tuple[str, int]] = []

    def factory(name: str, backend: int, options: Any) -> Any:
        asked.append((name, backend))
        return capture

    config = CameraConfig(width=1920, height=1080, fps=30)
    source = UsbSource(str(device), config, factory)
    feed = source.open()
    assert asked == [(str(device), cv2.CAP_V4L2)]
    assert capture.settings == {
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc("M", "J", "P", "G"),
        cv2.CAP_PROP_FRAME_WIDTH: 1920,
        cv2.CAP_PROP_FRAME_HEIGHT: 1080,
        cv2.CAP_PROP_FPS: 30,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }
    assert next(iter(capture.settings)) == cv2.CAP_PROP_FOURCC
    shot = feed.read()
    assert shot.media is None
    assert shot.image[0, 0].tolist() == [3, 2, 1]
    feed.close()
    assert capture.released == 1
    assert (source.live, source.endless) == (True, True)
    assert source.description == f"USB camera {device}"


def test_a_missing_camera(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"There is no camera at .*video9; plug it in"):
        UsbSource(str(tmp_path / "video9"), CameraConfig()).open()


def test_a_camera_this_user_may_not_use(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CameraError, match="`video` group"):
        UsbSource(str(device), CameraConfig()).open()


@pytest.mark.parametrize("how", ["closed", "raises"])
def test_a_busy_camera(device: Path, fake_capture: Any, how: str) -> None:
    capture = fake_capture(opened=False)

    def factory(name: str, backend: int, options: Any) -> Any:
        if how == "raises":
            raise cv2.error("broken")
        return capture

    with pytest.raises(CameraError, match=r"busy or is not a camera.*`fuser"):
        UsbSource(str(device), CameraConfig(), factory).open()
    assert capture.released == (how == "closed")


def test_a_camera_that_stops_or_is_unplugged(device: Path, fake_capture: Any) -> None:
    feed = UsbSource(str(device), CameraConfig(), lambda *_: fake_capture()).open()
    with pytest.raises(CameraError, match="stopped sending pictures"):
        feed.read()
    device.unlink()
    with pytest.raises(CameraError, match="was unplugged"):
        feed.read()


def test_the_first_camera_is_looked_for_at_every_opening(tmp_path: Path, fake_capture: Any) -> None:
    devices = [tmp_path / "video0", tmp_path / "video2"]
    for path in devices:
        path.touch()
    found = iter(map(str, devices))
    opened: list[str] = []

    def factory(name: str, backend: int, options: Any) -> Any:
        opened.append(name)
        return fake_capture()

    source = UsbSource(None, CameraConfig(), factory, locate=lambda: next(found))
    source.open()
    source.open()
    assert opened == [str(path) for path in devices]
    assert source.description == "the first USB camera"
