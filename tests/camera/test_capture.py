import os
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.camera.capture import open_capture, read_rgb

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
