"""A network camera that fails in every way, before a door in a process of its own."""

import time
from typing import Any

import pytest

from accessctl.config.camera import CameraConfig

# 5 s are stated; a machine that does other things besides takes longer, and FFmpeg by itself 30 s.
NOTICED_S = 20.0


def reports(door: Any, state: str) -> int:
    return door.states().count(state)


def fails_and_comes_back(door: Any, wire: Any, fault: str) -> None:
    lost, back = reports(door, "camera_lost"), reports(door, "camera_back")
    began = time.monotonic()
    wire.become(fault)
    door.until_camera("lost")
    assert time.monotonic() - began < NOTICED_S
    # Whoever was let in just before is outside the door no longer by now.
    wire.until_tried_again()
    opened = door.opened()
    wire.until_tried_again()
    status = door.status()
    assert status["camera"]["state"] == "lost"
    assert f"127.0.0.1:{wire.port}/door" in status["camera"]["error"]
    assert status["people"] == 1
    assert door.opened() == opened
    assert (reports(door, "camera_lost"), reports(door, "camera_back")) == (lost + 1, back)
    wire.become("whole")
    door.until_camera("watching")
    assert (reports(door, "camera_lost"), reports(door, "camera_back")) == (lost + 1, back + 1)
    door.open_once_more()


def ends_cleanly(door: Any) -> None:
    assert door.stop() == 0, door.said()
    assert "Traceback" not in door.said()
    assert "terminate called" not in door.said()


def begin(door: Any, url: str) -> None:
    door.start("--source", url)
    door.until_answering()
    door.until_camera("watching")
    door.open_once_more()


def test_an_mjpeg_camera(door: Any, mjpeg: Any, make_wire: Any, visits: Any) -> None:
    wire = make_wire(mjpeg.port)
    begin(door, f"http://127.0.0.1:{wire.port}/door")
    for fault in ("cut", "stalled", "garbled"):
        fails_and_comes_back(door, wire, fault)

    mjpeg.shown = visits[640, 640]
    door.until(lambda: door.camera()["width"] == 640, "the other size")
    door.open_once_more()
    ends_cleanly(door)


def test_an_rtsp_camera(door: Any, rtsp: Any, make_wire: Any, visits: Any) -> None:
    wire = make_wire(rtsp.port)
    begin(door, f"rtsp://127.0.0.1:{wire.port}/door")
    for fault in ("cut", "stalled", "garbled"):
        fails_and_comes_back(door, wire, fault)

    began = time.monotonic()
    rtsp.kill()
    door.until_camera("lost")
    assert time.monotonic() - began < NOTICED_S
    rtsp.start(visits[640, 640])
    door.until_camera("watching")
    door.until(lambda: door.camera()["width"] == 640, "the other size")
    door.open_once_more()
    ends_cleanly(door)


@pytest.mark.parametrize("fault", ["cut", "stalled"])
def test_the_loss_is_noticed_in_time_with_the_timeouts_that_ship(
    door: Any, mjpeg: Any, make_wire: Any, fault: str
) -> None:
    shipped = CameraConfig()
    timeouts = {name: getattr(shipped, name) for name in ("open_timeout_s", "read_timeout_s")}
    door.configure(camera=timeouts)
    wire = make_wire(mjpeg.port)
    begin(door, f"http://127.0.0.1:{wire.port}/door")
    fails_and_comes_back(door, wire, fault)
    ends_cleanly(door)
