import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.choose import (
    SourceKind,
    SourceSpec,
    infrared_source,
    oriented,
    parse_source,
    source_from,
    upright_source,
)
from accessctl.camera.fake import FakeSource
from accessctl.camera.photo import ImageFolderSource
from accessctl.camera.source import Shot, Source
from accessctl.camera.stream import StreamSource, VideoFileSource
from accessctl.camera.usb import UsbSource, locate_first
from accessctl.config.camera import CameraConfig
from accessctl.demo.scene import DemoSource
from accessctl.errors import CameraError, SourceError


@pytest.mark.parametrize(
    ("spec", "kind", "value"),
    [
        ("auto", SourceKind.AUTO, ""),
        (" demo ", SourceKind.REGISTERED, "demo"),
        ("0", SourceKind.USB, "/dev/video0"),
        ("usb:2", SourceKind.USB, "/dev/video2"),
        ("/dev/video7", SourceKind.USB, "/dev/video7"),
        ("/dev/v4l/by-id/usb-cam", SourceKind.USB, "/dev/v4l/by-id/usb-cam"),
        ("/dev/shm/door.mp4", SourceKind.PATH, "/dev/shm/door.mp4"),  # noqa: S108
        ("rtsp://a:b@cam:554/live", SourceKind.STREAM, "rtsp://a:b@cam:554/live"),
        ("HTTPS://cam/video", SourceKind.STREAM, "HTTPS://cam/video"),
        ("http://[::1]:80/v", SourceKind.STREAM, "http://[::1]:80/v"),
        ("door.mp4", SourceKind.PATH, "door.mp4"),
        ("./demo", SourceKind.PATH, "./demo"),
        ("C:videos", SourceKind.PATH, "C:videos"),
    ],
)
def test_understood(spec: str, kind: SourceKind, value: str) -> None:
    assert parse_source(spec) == SourceSpec(kind, value)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "   ",
        "usb:",
        "usb:front",
        "USB:1",
        "ftp://cam/video",
        "rtsp://",
        "rtsp:///live",
        "http://cam:0/",
        "http://cam:99999/",
        "http://cam:port/",
        "http://[::1/",
        "http://cam/a b",
        "a\x00b",
        "a\nb",
        "x" * 5000,
    ],
)
def test_refused_with_a_list_of_what_is_understood(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_source(spec)
    message = str(caught.value)
    for word in ("auto", "usb:0", "/dev/video0", "rtsp://", "http://", "folder", "demo"):
        assert word in message
    assert len(message) < 300
    assert "\n" not in message
    assert "\x00" not in message


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(SourceError) as caught:
        parse_source("ftp://user:hunter2@cam/video")
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_any_text_is_understood_or_refused(spec: str) -> None:
    try:
        parsed = parse_source(spec)
    except SourceError:
        return
    assert parsed.kind is SourceKind.AUTO or parsed.value
    assert parsed.value.isprintable()


@given(st.integers(0, 999))
def test_an_index_and_its_device_mean_the_same(index: int) -> None:
    assert (
        parse_source(str(index))
        == parse_source(f"usb:{index}")
        == parse_source(f"/dev/video{index}")
    )


@given(st.text(st.characters(categories=("L", "N")), min_size=1))
def test_a_relative_path_with_a_dot_is_always_a_path(name: str) -> None:
    assert parse_source(f"./{name}") == SourceSpec(SourceKind.PATH, f"./{name}")


CONFIG = CameraConfig(fps=12)


def test_auto_is_the_first_usb_camera() -> None:
    def locate(config: CameraConfig) -> str:
        return "/dev/video4"

    found = source_from("auto", CONFIG, locate=locate)
    assert found == UsbSource(None, CONFIG, locate=locate)


def test_auto_without_a_camera_says_so(tmp_path: Path) -> None:
    locate = partial(locate_first, sysfs=tmp_path)
    with pytest.raises(CameraError, match=r"^No camera is attached; plug one in"):
        source_from("auto", CONFIG, locate=locate)


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


def test_a_password_that_has_to_be_escaped_is_told_how() -> None:
    with pytest.raises(SourceError) as caught:
        parse_source("rtsp://admin:hunter#2@10.0.0.5:554/live")
    said = str(caught.value)
    assert "write # as %23" in said
    assert "hunter" not in said


# Two rows of three; each pixel has a colour of its own.
PICTURE = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)


def numbers(image) -> list[list[int]]:
    return image[:, :, 0].tolist()


@pytest.mark.parametrize(
    ("rotate", "mirror", "expected"),
    [
        (0, False, [[0, 1, 2], [3, 4, 5]]),
        (90, False, [[3, 0], [4, 1], [5, 2]]),
        (180, False, [[5, 4, 3], [2, 1, 0]]),
        (270, False, [[2, 5], [1, 4], [0, 3]]),
        (0, True, [[2, 1, 0], [5, 4, 3]]),
        (90, True, [[0, 3], [1, 4], [2, 5]]),
    ],
)
def test_a_picture_is_turned_clockwise_and_then_mirrored(rotate, mirror, expected) -> None:
    assert numbers(oriented(PICTURE, rotate, mirror=mirror)) == expected


def test_a_camera_that_is_upright_is_left_alone() -> None:
    source = FakeSource([[Shot(PICTURE)]])
    assert upright_source(source, CameraConfig()) is source


def test_every_picture_of_a_turned_camera_is_turned() -> None:
    source = FakeSource([[Shot(PICTURE), Shot(PICTURE)]])
    turned = upright_source(source, CameraConfig(rotate=180))
    assert (turned.description, turned.live, turned.endless) == (
        source.description,
        source.live,
        source.endless,
    )
    feed = turned.open()
    for _ in range(2):
        shot = feed.read()
        assert shot is not None
        assert numbers(shot.image) == [[5, 4, 3], [2, 1, 0]]
    assert feed.read() is None
    feed.close()
