import logging
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.camera.usb import UsbSource, first_usb_camera, locate_first
from accessctl.camera.usb_device import CameraIdentity, why_not
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

PICTURE = np.full((2, 2, 3), (1, 2, 3), np.uint8)


@pytest.fixture
def device(tmp_path: Path) -> Path:
    path = tmp_path / "video0"
    path.touch()
    return path


def test_the_first_camera_is_the_lowest_that_gives_pictures(sysfs: Any) -> None:
    for name, port, index in [
        ("video0", "1-1", 1), ("video10", "1-2", 0), ("video4", "1-3", 0), ("video5", "1-4", 1),
    ]:  # fmt: skip
        sysfs.add_usb_camera(name, port=port, index=index)
    folder = sysfs.root / "class/video4linux"
    (folder / "video1").mkdir()
    (folder / "videofoo").mkdir()
    assert first_usb_camera(sysfs=sysfs.root) == "/dev/video4"


def test_without_cameras_there_is_no_first_one(sysfs: Any) -> None:
    assert first_usb_camera(sysfs=sysfs.root) is None
    (sysfs.root / "class/video4linux").mkdir(parents=True)
    assert first_usb_camera(sysfs=sysfs.root) is None


def test_no_camera_is_said_with_a_way_out(sysfs: Any) -> None:
    with pytest.raises(CameraError) as caught:
        locate_first(CameraConfig(), sysfs.root)
    assert str(caught.value) == (
        "No camera is attached; plug one in, or name one as camera.source or with --source "
        "(for instance demo)."
    )


def test_virtual_devices_are_passed_over_unless_allowed(sysfs: Any) -> None:
    sysfs.add_loopback("video0")
    sysfs.add_usb_camera("video2")
    assert first_usb_camera(CameraConfig(), sysfs.root) == "/dev/video2"
    assert first_usb_camera(CameraConfig(allow_virtual=True), sysfs.root) == "/dev/video0"


def test_the_first_camera_is_the_pinned_one_wherever_it_is(sysfs: Any) -> None:
    sysfs.add_usb_camera("video0", port="1-1", usb_id="1bcf:2c99")
    sysfs.add_usb_camera("video2", port="1-2", serial="A")
    sysfs.add_usb_camera("video4", port="1-3", serial="B")
    pinned = CameraConfig(usb_id="046d:0825", usb_serial="B")
    assert first_usb_camera(pinned, sysfs.root) == "/dev/video4"
    assert locate_first(pinned, sysfs.root) == "/dev/video4"


def test_if_no_camera_may_be_opened_the_first_ones_reason_is_given(sysfs: Any) -> None:
    sysfs.add_usb_camera("video0", usb_id="1bcf:2c99")
    with pytest.raises(CameraError) as caught:
        locate_first(CameraConfig(usb_id="046d:0825"), sysfs.root)
    assert str(caught.value) == (
        "Camera /dev/video0 is Webcam C270 (1bcf:2c99, serial 5FB1), but camera.usb_id asks for "
        "046d:0825."
    )


REAL = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
OTHER = CameraIdentity("video0", "1bcf:2c99", None, "Other", "uvcvideo", virtual=False)
LOOPBACK = CameraIdentity("video0", None, None, "OBS", None, virtual=True)


def source_of(device: Path, factory: Any, *who: CameraIdentity, **config: Any) -> UsbSource:
    """The camera at `device`, which is `who` each time somebody asks; the last one stays."""
    answers = list(who or (REAL,))
    return UsbSource(
        str(device),
        CameraConfig(**config),
        factory,
        identify=lambda _: answers.pop(0) if len(answers) > 1 else answers[0],
    )


@pytest.mark.parametrize(
    ("who", "config", "expected"),
    [
        (LOOPBACK, {}, "is a virtual device .* name a real camera, or set camera.allow_virtual"),
        (OTHER, {"usb_id": "046d:0825"}, "asks for 046d:0825"),
        (OTHER, {"usb_id": "1bcf:2c99", "usb_serial": "X"}, "asks for X"),
    ],
)
def test_a_camera_that_may_not_be_used_is_never_opened(
    device: Path, who: CameraIdentity, config: dict[str, Any], expected: str
) -> None:
    opened: list[object] = []
    with pytest.raises(CameraError, match=expected):
        source_of(device, lambda *_: opened.append(1), who, **config).open()
    assert opened == []


def test_a_camera_exchanged_while_it_is_opened_is_closed_again(
    device: Path, fake_capture: Any
) -> None:
    capture = fake_capture([PICTURE])
    source = source_of(device, lambda *_: capture, REAL, OTHER, usb_id="046d:0825")
    with pytest.raises(CameraError, match="was exchanged for another one"):
        source.open()
    assert capture.released == 1


def test_which_camera_was_opened_is_said_once_with_how_to_pin_it(
    device: Path, fake_capture: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source = source_of(device, lambda *_: fake_capture(), REAL)
    with caplog.at_level(logging.INFO):
        source.open()
        source.open()
    assert [record.getMessage() for record in caplog.records] == [
        f"Camera {device} is Webcam C270 (046d:0825, serial 5FB1).",
        "To open no other camera, set camera.usb_id: 046d:0825",
    ]
    caplog.clear()
    with caplog.at_level(logging.INFO):
        source_of(device, lambda *_: fake_capture(), REAL, usb_id="046d:0825").open()
    assert len(caplog.records) == 1
    caplog.clear()
    with caplog.at_level(logging.INFO):
        replace(source_of(device, lambda *_: fake_capture(), REAL), pinned=None).open()
    assert len(caplog.records) == 1


def test_a_camera_is_asked_for_its_mode_and_gives_rgb(device: Path, fake_capture: Any) -> None:
    capture = fake_capture([PICTURE])
    asked: list[tuple[str, int]] = []

    def factory(name: str, backend: int, options: Any) -> Any:
        asked.append((name, backend))
        return capture

    config = CameraConfig(width=1920, height=1080, fps=30)
    source = UsbSource(str(device), config, factory, identify=lambda _: REAL)
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
def test_a_camera_that_does_not_open(device: Path, fake_capture: Any, how: str) -> None:
    capture = fake_capture(opened=False)

    def factory(name: str, backend: int, options: Any) -> Any:
        if how == "raises":
            raise cv2.error("broken")
        return capture

    # What is no device can be opened by everybody, but gives no picture.
    with pytest.raises(CameraError, match=re.escape(str(why_not(str(device))))):
        source_of(device, factory).open()
    assert capture.released == (how == "closed")


def test_a_camera_that_stops_or_is_unplugged(device: Path, fake_capture: Any) -> None:
    feed = source_of(device, lambda *_: fake_capture()).open()
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

    source = UsbSource(
        None, CameraConfig(), factory, locate=lambda _: next(found), identify=lambda _: REAL
    )
    source.open()
    source.open()
    assert opened == [str(path) for path in devices]
    assert source.description == "the first USB camera"
