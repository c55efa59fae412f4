"""Streams that fall behind the time."""

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.stream import WINDOW_S, StreamDelay, StreamSource
from accessctl.config import CameraConfig
from accessctl.errors import CameraError


class LateCapture:
    """Pictures a tenth of a second apart by their stamps."""

    def __init__(self) -> None:
        self.pictures = 0

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def read(self) -> tuple[bool, Any]:
        self.pictures += 1
        return True, np.full((4, 4, 3), self.pictures % 256, np.uint8)

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        return self.pictures * 100.0 if propId == cv2.CAP_PROP_POS_MSEC else 0.0

    def set(self, propId: int, value: float) -> bool:  # noqa: N803 - OpenCV's name
        return False

    def release(self) -> None:
        return


@pytest.mark.parametrize(
    ("url", "max_delay_s", "lost"),
    [
        ("rtsp://10.0.0.7/1", 2.0, True),
        ("rtsp://10.0.0.7/1", 0.0, False),
        ("http://10.0.0.7/mjpeg", 2.0, False),
    ],
)
def test_a_stream_that_falls_behind_is_lost(url: str, max_delay_s: float, lost: bool) -> None:
    now = iter(n / 5 for n in range(1000))
    source = StreamSource(
        url,
        CameraConfig(max_delay_s=max_delay_s),
        lambda *_: LateCapture(),
        clock=lambda: next(now),
    )
    feed = source.open()
    if lost:
        # A tenth of a second more with each picture from the second on.
        shots = [feed.read() for _ in range(22)]
        assert shots[-1].behind_s == pytest.approx(2.0)
        with pytest.raises(CameraError, match=r"has fallen 2\.1 s behind"):
            feed.read()
    else:
        shots = [feed.read() for _ in range(100)]
        assert (shots[-1].behind_s > 5) is url.startswith("rtsp")


def test_a_stream_that_keeps_pace_is_not_behind() -> None:
    delay = StreamDelay()
    # Stamps begin anywhere.
    assert [delay.note(900 + n / 10, 5 + n / 10) for n in range(100)] == [0.0] * 100 or max(
        delay.note(910 + n / 10, 15 + n / 10) for n in range(100)
    ) < 1e-9


def test_what_comes_later_and_later_falls_behind() -> None:
    delay = StreamDelay()
    # Ten pictures a second, of which the machine manages eight.
    late = [delay.note(n / 10, n / 8) for n in range(1, 81)]
    # After 80 pictures: 10 s by the clock, 8 s by the stream; the second was the best.
    assert late[-1] == (80 / 8 - 80 / 10) - (2 / 8 - 2 / 10)


def test_a_picture_that_was_late_once_is_no_growth_later() -> None:
    delay = StreamDelay()
    for n in range(1, 20):
        delay.note(n / 10, n / 10)
    assert delay.note(2.0, 3.5) == 1.5
    assert delay.note(2.1, 2.1 + 1e-9) < 1e-6


def test_clocks_that_drift_apart_are_not_taken_for_a_delay() -> None:
    delay = StreamDelay()
    # 100 parts in a million for a day.
    late = [delay.note(n * 10.0, n * 10.0 * 1.0001) for n in range(1, 8640)]
    assert max(late) <= WINDOW_S * 1.0001e-4 + 0.01


def test_a_stream_without_a_time_of_its_own_is_never_behind() -> None:
    delay = StreamDelay()
    assert {delay.note(0.0, n / 10) for n in range(100)} == {0.0}


def test_stamps_that_run_back_begin_anew() -> None:
    delay = StreamDelay()
    for n in range(1, 20):
        delay.note(n / 10, n / 10)
    assert delay.note(0.1, 50.0) == 0.0
    assert delay.note(0.2, 50.1) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=60))
def test_it_is_never_less_than_nothing(pairs: list[tuple[float, float]]) -> None:
    delay = StreamDelay()
    assert all(delay.note(stamp, now) >= 0 for stamp, now in pairs)
