import os
from pathlib import Path

import pytest

from accessctl.camera import usb
from accessctl.camera.choose import first_usb_camera, source_from
from accessctl.camera.image_folder import ImageFolderSource
from accessctl.camera.source import Source
from accessctl.camera.stream import StreamSource
from accessctl.camera.usb import UsbSource
from accessctl.camera.video_file import VideoFileSource
from accessctl.config import CameraConfig
from accessctl.demo.scene import DemoSource
from accessctl.errors import CameraError, SourceError

CONFIG = CameraConfig(fps=12)


def test_auto_is_the_first_usb_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb, "first_usb_camera", lambda *_: "/dev/video4")
    assert source_from("auto", CONFIG) == UsbSource(None, CONFIG)


def test_auto_without_a_camera_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb, "first_usb_camera", lambda *_: None)
    monkeypatch.setattr(usb, "attached", lambda *_: iter(()))
    with pytest.raises(CameraError, match=r"^No camera is attached; plug one in"):
        source_from("auto", CONFIG)


def test_cameras_are_live_whether_or_not_fast() -> None:
    wanted: list[tuple[str, Source]] = [
        ("usb:1", UsbSource("/dev/video1", CONFIG)),
        ("rtsp://cam/live", StreamSource("rtsp://cam/live", CONFIG)),
    ]
    for spec, source in wanted:
        for fast in (False, True):
            chosen = source_from(spec, CONFIG, fast=fast)
            assert chosen == source
            assert chosen.live
            assert chosen.endless


@pytest.mark.parametrize("fast", [False, True])
def test_recordings_are_told_whether_to_be_fast(tmp_path: Path, fast: bool) -> None:
    video = tmp_path / "door.mp4"
    video.touch()
    wanted: list[tuple[str, Source]] = [
        (str(video), VideoFileSource(video, fast)),
        (str(tmp_path), ImageFolderSource(tmp_path, 12, fast)),
        ("demo", DemoSource(12, fast)),
    ]
    for spec, source in wanted:
        chosen = source_from(spec, CONFIG, fast=fast)
        assert chosen == source
        assert chosen.live is not fast
        assert not chosen.endless


def test_a_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert source_from("~", CONFIG) == ImageFolderSource(tmp_path, 12)


@pytest.mark.parametrize("spec", ["nowhere.mp4", "x" * 300, "~nobody-of-this-name/x.mp4"])
def test_a_path_that_leads_nowhere_is_refused(spec: str) -> None:
    with pytest.raises(SourceError, match="name auto, usb:0") as caught:
        source_from(spec, CONFIG)
    assert str(caught.value).startswith(spec)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="is neither a file nor a folder"):
        source_from(str(tmp_path / "pipe"), CONFIG)


def test_the_first_camera_can_be_asked_for() -> None:
    assert first_usb_camera is usb.first_usb_camera
