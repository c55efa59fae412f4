import os
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accessctl.camera.capture import (
    MAX_DAMAGED,
    MAX_SCANS,
    MAX_STREAMS,
    MJPG,
    following_the_size,
    open_capture,
    read_rgb,
    scans_of,
    would_take_long,
)
from tests.camera.jpegs import scan_bomb, segment

BLUE = np.full((2, 3, 3), (250, 20, 10), np.uint8)


def test_pictures_arrive_as_rgb(fake_capture: Any) -> None:
    image = read_rgb(fake_capture([BLUE]))
    assert image is not None
    assert image.dtype == np.uint8
    assert image[1, 2].tolist() == [10, 20, 250]


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(None, id="nothing"),
        pytest.param(cv2.error("broken"), id="an OpenCV error"),
        pytest.param(BLUE[:, :, 0], id="one channel"),
        pytest.param(np.zeros((2, 3, 4), np.uint8), id="four channels"),
    ],
)
def test_what_is_no_picture_counts_as_none(fake_capture: Any, picture: Any) -> None:
    assert read_rgb(fake_capture([picture])) is None


def test_streams_go_over_tcp_unless_the_user_said_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
    monkeypatch.delenv(name, raising=False)
    open_capture("/no/such/file", cv2.CAP_FFMPEG, ()).release()
    assert os.environ[name] == "rtsp_transport;tcp"
    monkeypatch.setenv(name, "rtsp_transport;udp")
    open_capture("/no/such/file", cv2.CAP_FFMPEG, ()).release()
    assert os.environ[name] == "rtsp_transport;udp"


BLUE_PIXEL = (250, 20, 10)


def jpeg(width: int, height: int) -> Any:
    """One row of bytes, as OpenCV gives what a camera sent."""
    return cv2.imencode(".jpg", np.full((height, width, 3), BLUE_PIXEL, np.uint8))[1].reshape(1, -1)


@pytest.fixture
def sends(fake_capture: Any) -> Any:
    def make(*packets: Any, codec: int = MJPG) -> Any:
        capture = fake_capture(packets)
        capture.settings[cv2.CAP_PROP_FOURCC] = codec
        return capture

    return make


def test_each_picture_keeps_its_own_size(sends: Any) -> None:
    capture = following_the_size(sends(jpeg(64, 48), jpeg(48, 64), jpeg(128, 96)))
    read = [capture.read() for _ in range(3)]
    assert [found for found, _ in read] == [True] * 3
    assert [picture.shape for _, picture in read] == [(48, 64, 3), (64, 48, 3), (96, 128, 3)]
    # JPEG is lossy.
    assert max(np.abs(picture.astype(int) - BLUE_PIXEL).max() for _, picture in read) <= 3
    assert capture.read() == (False, None)


def test_a_damaged_picture_is_passed_over(sends: Any) -> None:
    whole = jpeg(64, 48)
    noise = np.random.default_rng(3).integers(0, 256, (1, 500), np.uint8)
    capture = following_the_size(sends(noise, whole[:, : whole.size // 2], whole[:, :0], whole))
    found, picture = capture.read()
    assert found
    assert picture.shape == (48, 64, 3)


def test_nothing_but_damage_is_no_picture(sends: Any) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (1, 500), np.uint8)
    capture = following_the_size(sends(*[noise] * MAX_DAMAGED, jpeg(64, 48)))
    assert capture.read() == (False, None)
    assert capture.read()[0]


def test_other_codecs_are_left_to_opencv(sends: Any) -> None:
    capture = sends(codec=int.from_bytes(b"h264", "little"))
    assert following_the_size(capture) is capture
    assert cv2.CAP_PROP_FORMAT not in capture.settings


def test_the_end_of_the_camera_is_the_inner_one_s(sends: Any) -> None:
    inner = sends()
    capture = following_the_size(inner)
    assert capture.isOpened()
    assert inner.settings[cv2.CAP_PROP_FORMAT] == -1
    capture.release()
    assert inner.released == 1


def test_a_camera_that_sends_bombs_of_scans_sends_damaged_pictures(sends: Any) -> None:
    """Each would take minutes, and the thread that reads the camera with it."""
    bomb = np.frombuffer(scan_bomb(64, 5000), np.uint8).reshape(1, -1)
    capture = following_the_size(sends(bomb, jpeg(4, 3)))
    found, picture = capture.read()
    assert found
    assert picture.shape == (3, 4, 3)


SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


@pytest.mark.parametrize(("progressive", "scans"), [(False, range(1, 2)), (True, range(6, 15))])
def test_scans_of_a_photo(progressive: bool, scans: range) -> None:
    # Baseline has one scan; libjpeg's usual script for a progressive colour photo has ten.
    buffer = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "JPEG", progressive=progressive)
    assert scans_of(buffer.getvalue()) in scans
    assert scans.stop < MAX_SCANS


@pytest.mark.parametrize(
    ("data", "scans"),
    [
        (b"", 0),
        (b"\xff", 0),
        (b"\xff\xd8" + SCAN, 1),
        (b"\xff\xd8" + SCAN + b"\x01\xff\x00\xff\xd0\x02" + SCAN, 2),
        # A thumbnail within metadata is no scan of the picture, nor is what follows its end.
        (b"\xff\xd8" + segment(0xE1, b"Exif" + SCAN * 3) + SCAN, 1),
        (b"\xff\xd8" + SCAN + b"\xff\xd9" + SCAN, 1),
        (b"\xff\xd8\xff\xff\xff" + SCAN, 1),
        # A length that is none does not stand still.
        (b"\xff\xd8\xff\xe1\x00\x00" + SCAN, 1),
        (b"\xff\xd8\xff\xda", 1),
    ],
)
def test_by_hand(data: bytes, scans: int) -> None:
    assert scans_of(data) == scans


@given(st.lists(st.sampled_from([b"\xff", b"\xda", b"\xd9", b"\x00", b"\x05", SCAN])))
def test_any_bytes_have_no_more_scans_than_markers(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert 0 <= scans_of(data) <= data.count(b"\xff\xda")


def test_a_bomb_is_told_inside_a_file_of_another_kind() -> None:
    around = b"\0\0\0\x18ftypheic" + bytes(100)
    assert not would_take_long(around + scan_bomb(64, 5))
    assert would_take_long(around + scan_bomb(64, 500) + bytes(10))
    assert would_take_long(around + scan_bomb(64, 5) * (MAX_STREAMS + 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_through(data: bytes) -> None:
    assert not would_take_long(data)
    assert not would_take_long(b"\xff\xd8" + data)
