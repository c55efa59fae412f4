from pathlib import Path

import pytest

from accessctl.camera.fake import FakeSource
from accessctl.camera.infrared import infrared_source
from accessctl.camera.source import Source
from accessctl.camera.stream import StreamSource
from accessctl.camera.usb import UsbSource
from accessctl.camera.video_file import VideoFileSource
from accessctl.config_camera import CameraConfig
from accessctl.errors import SourceError

CAMERA = CameraConfig(
    source="/dev/video0", usb_id="046d:0825", usb_serial="5FB1", allow_virtual=True, fps=10
)
FIRST = FakeSource([], endless=True)
RECORDING = FakeSource([], endless=False)


def beside(spec: str, source: str = "/dev/video0", first: Source = FIRST) -> Source:
    camera = CAMERA.model_copy(update={"source": source})
    return infrared_source(spec, camera, first, fast=True)


def test_it_is_opened_with_the_settings_of_the_first_but_for_which_one_it_is() -> None:
    source = beside("usb:2")
    assert isinstance(source, UsbSource)
    assert source.device == "/dev/video2"
    assert (source.config.fps, source.config.allow_virtual) == (10, True)
    assert (source.config.usb_id, source.config.usb_serial) == (None, None)
    # Nobody is told to set `camera.usb_id` to this one.
    assert source.pinned is None


def test_a_network_camera_hides_its_password() -> None:
    source = beside("rtsp://door:secret@10.0.0.9/ir?key=7")
    assert isinstance(source, StreamSource)
    assert source.description == "network camera rtsp://***@10.0.0.9/ir?key=***"
    assert "secret" not in repr(source)


def test_a_recording_is_played_beside_a_recording(tmp_path: Path) -> None:
    film = tmp_path / "infrared.mp4"
    film.touch()
    assert beside(str(film), "film.mp4", RECORDING) == VideoFileSource(film, fast=True)


@pytest.mark.parametrize(
    ("spec", "source", "first", "why"),
    [
        ("auto", "/dev/video0", FIRST, "cannot be auto"),
        ("demo", "/dev/video0", FIRST, "cannot be demo"),
        ("", "/dev/video0", FIRST, r"^liveness.ir_source: The source '' is not understood"),
        ("gopher://x", "/dev/video0", FIRST, "is not understood"),
        ("rtsp://u:secret@", "/dev/video0", FIRST, r"rtsp://\*\*\*@"),
        ("usb:0", "/dev/video0", FIRST, "names the same camera"),
        ("rtsp://x/1", "rtsp://x/1", FIRST, "names the same camera"),
        ("/dev/video2", "auto", FIRST, "camera.source: auto may take the infrared camera"),
        ("/dev/video2", "film.mp4", RECORDING, "a recording an infrared recording"),
        ("/nowhere/film.mp4", "/dev/video0", FIRST, "does not exist"),
    ],
)
def test_what_is_no_camera_of_its_own_is_refused(
    spec: str, source: str, first: Source, why: str
) -> None:
    with pytest.raises(SourceError, match=why):
        beside(spec, source, first)


def test_a_network_camera_may_stand_beside_the_first_usb_camera() -> None:
    assert beside("rtsp://10.0.0.9/ir", "auto").endless


def test_a_recording_beside_a_camera_is_refused(tmp_path: Path) -> None:
    film = tmp_path / "infrared.mp4"
    film.touch()
    with pytest.raises(SourceError, match="a camera needs an infrared camera beside it"):
        beside(str(film))
