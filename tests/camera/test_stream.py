import base64
import http.server
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.reader import Reader
from accessctl.camera.stream import StreamSource, media_time, usable_fps
from accessctl.config import CameraConfig
from accessctl.errors import CameraError

PASSWORD = "hunter2"
PATIENCE = CameraConfig(open_timeout_s=20, read_timeout_s=20)
IMPATIENT = CameraConfig(open_timeout_s=1, read_timeout_s=1, backoff_min_s=0.01, steady_s=0)


def picture(value: int) -> bytes:
    data = cv2.imencode(".png", np.full((48, 64, 3), (value, value, 200), np.uint8))
    jpeg = cv2.imencode(".jpg", cv2.imdecode(data[1], cv2.IMREAD_COLOR))[1]
    return jpeg.tobytes()


class Camera(http.server.BaseHTTPRequestHandler):
    """An MJPEG camera: /ten ends after ten pictures, /stall falls silent, /locked asks who."""

    protocol_version = "HTTP/1.0"
    released = threading.Event()

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        wanted = base64.b64encode(f"door:{PASSWORD}".encode()).decode()
        if self.path.startswith("/locked") and self.headers["Authorization"] != f"Basic {wanted}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        if self.path.startswith("/missing"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
        self.end_headers()
        for value in range(10):
            self._send(picture(value * 20))
        if self.path == "/stall":
            self.released.wait(30)

    def _send(self, jpeg: bytes) -> None:
        head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        self.wfile.write(head.encode() + jpeg + b"\r\n")


@pytest.fixture
def host() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    Camera.released.clear()
    yield f"127.0.0.1:{server.server_port}"
    Camera.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def read_until_lost(source: StreamSource) -> tuple[list[Any], str]:
    feed = source.open()
    shots: list[Any] = []
    try:
        while True:
            shots.append(feed.read())
    except CameraError as error:
        return shots, str(error)
    finally:
        feed.close()


def test_a_camera_sends_rgb_pictures_until_it_stops(host: str) -> None:
    shots, error = read_until_lost(StreamSource(f"http://{host}/ten", PATIENCE))
    assert len(shots) == 10
    for number, shot in enumerate(shots):
        assert shot.media is None
        assert shot.image.shape == (48, 64, 3)
        # JPEG is lossy, and FFmpeg's colour conversion rounds.
        assert np.abs(shot.image.astype(int) - (200, number * 20, number * 20)).max() <= 8
    assert error == (
        f"network camera http://{host}/ten stopped sending pictures; "
        "check the camera and the network."
    )


def test_a_camera_that_falls_silent_is_lost(host: str) -> None:
    config = CameraConfig(open_timeout_s=20, read_timeout_s=0.5)
    shots, error = read_until_lost(StreamSource(f"http://{host}/stall", config))
    assert len(shots) == 10
    assert "stopped sending pictures" in error


def test_the_password_is_used_and_never_shown(
    host: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"http://door:{PASSWORD}@{host}/locked?pwd={PASSWORD}"
    source = StreamSource(url, PATIENCE)
    shots, error = read_until_lost(source)
    assert len(shots) == 10
    with pytest.raises(CameraError) as caught:
        StreamSource(url.replace("/locked", "/missing"), PATIENCE).open()
    said = [source.description, repr(source), error, str(caught.value), caplog.text]
    said += [str(caught.value.__cause__), *capfd.readouterr()]
    assert not [text for text in said if PASSWORD in text]


@pytest.mark.parametrize("path", ["missing", "locked"])
def test_a_camera_that_refuses(host: str, path: str) -> None:
    with pytest.raises(CameraError) as caught:
        StreamSource(f"http://{host}/{path}", PATIENCE).open()
    assert str(caught.value) == (
        f"Cannot open the network camera http://{host}/{path}; check its address, user and "
        "password, and that it is switched on."
    )


OPEN_WHERE_NOBODY_ANSWERS = """
import sys
from accessctl.camera.stream import StreamSource
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

try:
    StreamSource(sys.argv[1], CameraConfig(open_timeout_s=1)).open()
except CameraError as error:
    print(error)
"""


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_nobody_answers_and_opencv_keeps_quiet(scheme: str) -> None:
    # In a process of its own: OpenCV reads once how loud it is to be.
    done = subprocess.run(
        [sys.executable, "-c", OPEN_WHERE_NOBODY_ANSWERS, f"{scheme}://127.0.0.1:1/live"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Cannot open")
    assert done.stderr == ""


OPEN_BESIDE_A_HUNG_ONE = """
import sys, threading
from accessctl.camera.stream import StreamSource
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

mute, good = sys.argv[1:]
ended = threading.Event()

def hang():
    try:
        StreamSource(mute, CameraConfig(open_timeout_s=30)).open()
    except CameraError:
        ended.set()

threading.Thread(target=hang, daemon=True).start()
input()
StreamSource(good, CameraConfig()).open().close()
print("still hung" if not ended.is_set() else "too late", flush=True)
"""


def test_an_opening_that_hangs_does_not_hold_up_the_next(host: str) -> None:
    """In a process of its own: OpenCV decides once whether it locks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        mute = f"http://127.0.0.1:{server.getsockname()[1]}/"
        command = [sys.executable, "-c", OPEN_BESIDE_A_HUNG_ONE, mute, f"http://{host}/ten"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child:
            server.settimeout(60)
            connection, _ = server.accept()
            with connection:
                assert connection.recv(4096)
                said, _ = child.communicate("go on\n", timeout=60)
            assert said == "still hung\n"


def test_timeouts_are_passed_on(fake_capture: Any) -> None:
    """FFmpeg may take as long to open as the reader ever waits: four times the first time."""
    asked: list[Any] = []

    def factory(name: str, backend: int, options: Any) -> Any:
        asked.append((name, backend, tuple(options)))
        return fake_capture()

    config = CameraConfig(open_timeout_s=3, read_timeout_s=1.5)
    StreamSource("rtsp://cam/live", config, factory).open()
    expected = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 12000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 1500)
    assert asked == [("rtsp://cam/live", cv2.CAP_FFMPEG, expected)]


def test_opencv_errors_become_one_sentence() -> None:
    def factory(name: str, backend: int, options: Any) -> Any:
        raise cv2.error(f"cannot open {name}")

    with pytest.raises(CameraError) as caught:
        StreamSource(f"rtsp://a:{PASSWORD}@cam/live", IMPATIENT, factory).open()
    assert caught.value.__suppress_context__
    assert PASSWORD not in str(caught.value)


def test_a_reader_reconnects_to_a_camera_that_stops(host: str) -> None:
    back = threading.Event()
    events: list[str] = []

    def note(event: str, detail: str) -> None:
        events.append(event)
        if event == "back":
            back.set()

    source = StreamSource(f"http://{host}/ten", IMPATIENT)
    with Reader(source, IMPATIENT, on_event=note) as reader:
        assert back.wait(30)
        frame = reader.next(10)
        assert frame is not None
        assert frame.image.shape == (48, 64, 3)
    assert events[:2] == ["lost", "back"]


@pytest.mark.parametrize(
    ("stamp_ms", "previous", "expected"),
    [
        (0, None, 0.0),
        (250, None, 0.25),
        (-40, None, 0.0),
        (float("nan"), None, 0.0),
        (480, 0.4, 0.48),
        (400, 0.4, 0.44),
        (0, 0.4, 0.44),
        (float("inf"), 0.4, 0.44),
        (float("nan"), 0.4, 0.44),
    ],
)
def test_media_time(stamp_ms: float, previous: float | None, expected: float) -> None:
    assert media_time(stamp_ms, 25, previous) == pytest.approx(expected)


@given(
    stamps=st.lists(st.floats(), max_size=50),
    fps=st.floats(),
)
def test_time_always_rises(stamps: list[float], fps: float) -> None:
    previous = None
    for stamp in stamps:
        now = media_time(stamp, usable_fps(fps), previous)
        assert previous is None or now > previous
        previous = now


@pytest.mark.parametrize(
    ("stated", "used"),
    [(30, 30), (0, 25), (-1, 25), (float("nan"), 25), (float("inf"), 25), (90000, 25), (1e-9, 25)],
)
def test_usable_fps(stated: float, used: float) -> None:
    assert usable_fps(stated) == used


def test_a_password_in_the_path_as_recorders_have_it_is_never_shown(
    host: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    source = StreamSource(f"http://{host}/user=door_password={PASSWORD}_channel=1.sdp", PATIENCE)
    told: list[str] = []
    gone = threading.Event()

    def note(event: str, detail: str) -> None:
        told.append(detail)
        gone.set()

    with Reader(source, IMPATIENT, on_event=note):
        assert gone.wait(30)
    said = [source.description, repr(source), *told, caplog.text, *capfd.readouterr()]
    assert not [text for text in said if PASSWORD in text]
    assert f"http://{host}/user=door_password=***" in told[0]
